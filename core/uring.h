// A ring of io_uring(7): operations go in, completions come out, and the buffers that receives
// share are the ring's.
//
// One thread uses it (IORING_SETUP_SINGLE_ISSUER): the one that calls enable(). It does the
// kernel's deferred work when it waits (DEFER_TASKRUN), so that next to nothing completes between
// two waits. open() and the destructor on any thread.
//
// A name goes with each operation and comes back with its completions. Several may come of one
// (multishot); the last says so.
#pragma once

#include <liburing.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <string_view>

#include "base/status.h"
#include "core/receive_buffers.h"
#include "core/sockets.h"

namespace weir {

// Runs `task` on a thread of its own and returns what it said. Once a ring is closed the kernel
// interrupts the threads that have made or used it, whose next call may fail with EINTR: who only
// sets up a server is to be spared that.
Status run_apart(const std::function<Status()>& task);

class Uring {
 public:
  struct Completion {
    std::uint64_t name = 0;
    int result = 0;
    bool is_last = true;
    std::string_view bytes;  // of a receive; valid until recycle()
  };

  explicit Uring(Sockets& sockets) : sockets_(sockets), buffers_(sockets) {}
  ~Uring();
  Uring(const Uring&) = delete;
  Uring& operator=(const Uring&) = delete;

  // The error is a sentence about this machine's io_uring.
  Status open();
  bool is_enabled() const { return is_enabled_; }
  void enable();
  const ReceiveBuffers& buffers() const { return buffers_; }

  // Where the next operation is described, before push(); nullptr where the kernel takes nothing
  // at present.
  io_uring_sqe* submission();
  // The operation is described: it goes to the kernel with the next submit() or wait().
  void push(io_uring_sqe& operation, std::uint64_t name);
  // Those that were pushed and that the kernel has not taken yet.
  unsigned pending() const { return ::io_uring_sq_ready(&ring_); }
  void submit();
  // Of pending operations with this name under `mask` none is made: each fails, with EBADF.
  void cancel_pending(std::uint64_t name, std::uint64_t mask);

  // Submits, and waits at most timeout_ms (-1: for ever) for a completion; false where there is
  // none. With 0 it asks the kernel only when that has something to do.
  bool wait(int timeout_ms);
  // The next completion of those that wait() has brought.
  bool next(Completion& completion);
  // The next of all there are, also of those that have come since.
  bool next_of_all(Completion& completion);
  // The bytes of all completions so far have been read: the buffers are the kernel's again.
  void recycle();
  // Any thread: a completion with this name for whoever waits here. False where the kernel can't,
  // or not at present: before enable(), without memory.
  bool send_message(std::uint64_t name);
  // Whether the kernel can at all, as far as is known. Any thread.
  bool sends_messages() const { return sends_messages_.load(std::memory_order_relaxed); }
  // A receive found no buffer.
  void ran_dry() { ran_dry_ = true; }

 private:
  static constexpr unsigned kSubmissions = 256;
  static constexpr unsigned kCompletions = 2048;

  bool has_work() const;

  Sockets& sockets_;
  ReceiveBuffers buffers_;  // outlives the ring
  io_uring ring_{};
  bool is_open_ = false;
  bool is_enabled_ = false;
  std::atomic<bool> sends_messages_{true};  // until the kernel says that it can't
  bool ran_dry_ = false;
  unsigned batch_ = 0;  // completions left of those that wait() has brought
};

}  // namespace weir
