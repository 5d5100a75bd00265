// The parent of the model prefork: forks the workers, starts another for one that died, passes
// orders on to them, ends when all have ended. It serves nobody itself.
//
//   order() on any thread of any of the processes --pipe--> master --a pipe each--> workers
//   report_serving() in a worker                  --pipe--> master
//
// A worker whose pipe ends has lost its master, and stops. run() on the thread that made the
// master, which should be the process' only one: a fork copies no other.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

#include "base/status.h"
#include "core/sockets.h"

namespace weir {

class Master {
 public:
  enum class Order : char {
    kStop = 's',     // drain
    kStopNow = 'n',  // cut a drain short
    kRetire = 'r',   // a successor accepts; serve who is there
  };
  struct Hooks {
    // What a worker does: its number, and the descriptor where orders are read. Returns its exit
    // status.
    std::function<int(std::uint32_t worker, int orders)> work;
    // In the master: one has ended, and is to keep nothing that others wait for.
    std::function<void(std::uint32_t worker)> ended;
    // In the master: an order is passed on.
    std::function<void(Order order)> ordered;
    // In the master, once: every worker has said that it serves.
    std::function<void()> all_serve;
  };

  // A worker that ended sooner than this is followed by another only then: a server that cannot
  // start must not spin.
  static constexpr std::int64_t kRestartMs = 1000;

  Master(std::uint32_t workers, Sockets& sockets, Hooks hooks);
  ~Master();
  Master(const Master&) = delete;
  Master& operator=(const Master&) = delete;

  Status open();
  // Calls `on_ready` in run() whenever `fd` is readable, until unwatch(), also by itself.
  void watch(int fd, std::function<void()> on_ready);
  void unwatch(int fd);
  // Forks, and returns in the master when every worker has ended after an order to. A worker never
  // returns: it ends with _exit(), so that what main() has made is destroyed once.
  void run();

  void order(Order order) { tell({order, 0}); }
  // In a worker.
  void report_serving(std::uint32_t worker) { tell({{}, worker, true}); }

  // The order that was read from a worker's descriptor, and 1; 0 for its end, which counts as
  // kStop; negative for none yet.
  static ssize_t read_order(Sockets& sockets, int orders, Order& order);

 private:
  // What comes through the master's pipe, whole: an order, or a worker's report.
  struct Message {
    Order order;
    std::uint32_t worker;
    bool serves = false;
  };
  struct Worker {
    pid_t pid = 0;
    int pid_fd = -1;  // readable when it has ended
    int orders = -1;  // our end of its pipe
    std::int64_t started_ms = 0;
    bool serves = false;
    bool runs() const { return pid > 0; }
  };
  struct Watched {
    int fd;  // negative: not any more
    std::function<void()> on_ready;
  };

  void start(std::uint32_t number);
  [[noreturn]] void become_worker(std::uint32_t number, const int orders[2]) noexcept;
  void end_unwatched(std::uint32_t number, pid_t pid);
  void start_missing();
  int wait_limit() const;
  void wait();
  void bury(std::uint32_t number);
  void tell(const Message& message);
  void hear();
  void pass_on(Order order);
  void note_serving(std::uint32_t number);
  bool any_runs() const;

  Sockets& sockets_;
  const Hooks hooks_;
  std::vector<Worker> workers_;
  std::deque<Watched> watched_;  // which may grow while one of them runs
  int ends_[2] = {-1, -1};       // of the pipe that brings messages
  bool stopping_ = false;
  bool all_have_served_ = false;
};

}  // namespace weir
