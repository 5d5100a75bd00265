// One thread, one backend, its connections, its timers, its mailbox. One tick:
//
//   wait -> receive, decode, handle; accept; mailbox -> timers -> flush (one send a connection)
//   -> reap
//
// It owns its connections outright. What another thread wants of them it posts.
//
// Thread rule: post(), hand_off(), stop(), load() and the counters from any thread; open() and
// add_listener() before run(), add_source() then too; everything else on the thread that is inside
// run(), which in_thread() checks.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "core/address.h"
#include "core/backend.h"
#include "core/chunk_pool.h"
#include "core/connection.h"
#include "core/connection_id.h"
#include "core/counter.h"
#include "core/handoff_queue.h"
#include "core/listener.h"
#include "core/mailbox.h"
#include "core/parallel_io.h"
#include "core/session.h"
#include "core/sockets.h"
#include "core/source.h"
#include "core/status.h"
#include "core/tenant.h"
#include "core/timer_wheel.h"

namespace weir {

// Written by one reactor, read by any thread: totals since the start.
struct ReactorCounters {
  Counter accepted;
  Counter closed;
  Counter bytes_received;
  Counter bytes_sent;
  Counter ticks;
  Counter shared_rounds;  // of reads, or of sends, in which I/O threads helped
};

class Reactor {
 public:
  using Task = Mailbox::Task;
  // Takes over an accepted connection: gives it to some reactor.
  using Dealer = std::function<void(Accepted accepted)>;

  struct Options {
    BackendKind backend = BackendKind::kEpoll;
    HandoffNotify handoff_notify = HandoffNotify::kPipe;
    std::uint32_t io_threads = 1;  // that receive, decode and send, the reactor's own among them
  };

  // `index` is the reactor's part of its connections' ids. `sockets` outlives the reactor.
  Reactor(std::uint32_t index, Sockets& sockets, const Options& options);
  ~Reactor();
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  Status open();
  // Accepts on `listener`, which is open and outlives run(), and gives the connections to `dealer`.
  Status add_listener(Listener& listener, Dealer dealer);
  // Before run(): forgets a listener, if it was added.
  void remove_listener(Listener& listener);
  // Calls `on_ready` whenever `fd` is ready for what `interest` says. The reactor does not own
  // `fd`, which stays open until remove_source(). Before run(), or on the reactor's thread;
  // `on_ready` must not throw.
  Result<Source*> add_source(int fd, Interest interest, Source::OnReady on_ready);
  void set_interest(Source& source, Interest interest);
  // Not called again from here on, and gone at the end of the tick.
  void remove_source(Source& source);

  // Tells `tenant`, which outlives run(), of a stop. Before run(), or on the reactor's thread.
  void add_tenant(Tenant& tenant) { tenants_.push_back(&tenant); }
  void remove_tenant(Tenant& tenant) { std::erase(tenants_, &tenant); }

  // Ticks until stop() has been called and the connections have drained or the deadline passed.
  void run();

  // Stops accepting, lets every connection finish what has arrived and what is queued, at most for
  // drain_ms; run() returns then. Called again it can only bring the deadline nearer.
  void stop(int drain_ms);
  // Connections that had not drained by the deadline and were cut off. After run().
  std::size_t stragglers() const { return stragglers_; }

  // Runs `task` on this reactor. It must not throw: whoever works for one connection goes through
  // Engine::post() or Connection::run(), which contain exceptions.
  void post(Task task) { mailbox_.post(std::move(task)); }
  // Gives this reactor an accepted connection: at once on its own thread, else through the queue.
  void hand_off(Accepted accepted);
  // Open connections, counting those on their way here.
  const std::atomic<std::uint32_t>& load() const { return load_; }
  const ReactorCounters& counters() const { return counters_; }
  std::uint32_t index() const { return index_; }

  // nullptr when it is closed, or was never here.
  Connection* find(ConnectionId id);
  // Every connection that is not closed.
  void for_each_connection(const std::function<void(Connection&)>& visit);

  // `task` must not throw either.
  TimerId schedule(std::int64_t delay_ms, Task task);
  bool cancel(TimerId timer) { return timers_.cancel(timer); }
  // Runs `task` once, when this tick sends what it has gathered; what it posts so itself runs in
  // the next. `task` must not throw.
  void run_at_flush(Task task) { to_run_at_flush_.push_back(std::move(task)); }
  // The monotonic clock as read in this tick, in milliseconds.
  std::int64_t now_ms() const { return now_ms_; }

  bool in_thread() const { return current() == this; }
  // The reactor whose run() this thread is in; nullptr for other threads.
  static Reactor* current();

 private:
  friend class Connection;

  // Timers a tick may fire, so that a burst of deadlines does not stop the traffic.
  static constexpr std::size_t kTimersPerTick = 1024;

  struct Acceptor {
    Listener* listener;
    Dealer dealer;
    Source* source;
  };
  struct Slot {
    std::unique_ptr<Connection> connection;
    std::uint32_t generation = 1;
  };

  void tick();
  int wait_limit() const;
  void dispatch(const Event& event);
  void dispatch_stream(const Event& event, Connection& connection);
  void finish_reads();
  Result<Source*> watch(std::unique_ptr<Source> source);
  void accept_from(Acceptor& acceptor);
  void resume_later(Acceptor& acceptor);
  void adopt(Accepted accepted);
  void turn_away(const Accepted& accepted);
  void flush();
  void reap();
  void destroy(Connection& connection);
  std::uint32_t take_slot();

  void begin_drain(int drain_ms);
  void drain();
  std::size_t busy_tenants() const;

  const std::uint32_t index_;
  Sockets& sockets_;
  std::unique_ptr<Backend> backend_;
  Mailbox mailbox_;
  HandoffQueue handoff_;
  std::unique_ptr<ParallelIo> parallel_io_;  // nullptr with one I/O thread
  TimerWheel timers_;
  ChunkPool chunk_pool_;
  std::vector<std::unique_ptr<Source>> sources_;
  std::vector<std::unique_ptr<Source>> removed_sources_;  // an event of this tick may name them
  std::vector<std::unique_ptr<Acceptor>> acceptors_;
  std::vector<Tenant*> tenants_;

  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_slots_;
  std::vector<Task> to_run_at_flush_;
  std::vector<Task> tasks_at_flush_;  // those that run
  std::vector<Connection*> to_flush_;
  std::vector<Connection*> flushing_;
  std::vector<Connection*> to_reap_;

  std::int64_t now_ms_ = 0;
  bool draining_ = false;
  std::int64_t drain_deadline_ms_ = 0;
  std::size_t stragglers_ = 0;

  ReactorCounters counters_;
  std::atomic<std::uint32_t> load_{0};
};

}  // namespace weir
