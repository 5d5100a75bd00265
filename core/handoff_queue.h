// memcached's way of giving a new connection to a worker: the acceptor puts it into the worker's
// queue and writes one byte into the worker's pipe; the worker reads the byte and takes the
// connection. The same with an eventfd in the pipe's place spares a descriptor and coalesces. A
// worker whose back end can be woken gets a message instead, one for all that wait.
//
// push() from any thread; the rest on the owner's.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "base/status.h"
#include "core/address.h"
#include "core/backend.h"
#include "core/moving.h"
#include "core/session.h"
#include "core/sockets.h"

namespace weir {

// A connection on its way to its reactor: accepted just now, or moving there from another.
struct Accepted {
  int fd;
  Address peer;
  const Service* service;                    // the listener's, which outlives every connection
  std::unique_ptr<Moving> moving = nullptr;  // with a session already: the service is not asked
};

enum class HandoffNotify { kPipe, kEventfd };

class HandoffQueue {
 public:
  // `backend`, the owner's, outlives the queue.
  HandoffQueue(Sockets& sockets, HandoffNotify notify, Backend& backend)
      : sockets_(sockets), notify_(notify), backend_(backend) {}
  // Closes the connections that nobody took.
  ~HandoffQueue();

  Status open();
  // Becomes readable when there are connections and is_called() does not say so.
  int fd() const { return read_end_; }
  // The owner asks after each wait.
  bool is_called() const { return called_.load(); }

  // False when the queue is closed: the connection stays the caller's.
  bool push(Accepted&& accepted);
  bool is_closed();
  // The connections pushed so far, in order.
  std::vector<Accepted> take();
  // Takes for the last time.
  std::vector<Accepted> close();

 private:
  bool send_message();
  void write_notice();

  Sockets& sockets_;
  const HandoffNotify notify_;
  Backend& backend_;
  std::atomic<bool> called_{false};
  int read_end_ = -1;
  int write_end_ = -1;  // the read end itself for an eventfd
  std::mutex mutex_;
  std::vector<Accepted> queue_;
  bool closed_ = false;
};

}  // namespace weir
