// A client that waits for keys: BLPOP and its kin. It stands in the registers of all keys it waits
// for; whoever writes one of them tries its command again on its behalf, see waiting.h.
//
// Many may try to end the wait: writers of different keys, its timeout, CLIENT UNBLOCK, its end.
// close_if() lets one of them. Thread rule: begin() and end() on the client's own thread, under the
// locks of the keys' shards; what it waits for is read under one of these, or in an attempt;
// close_if() any thread that knows it alive, through a register it stands in or under the lock of
// Clients.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

#include "core/timer_wheel.h"
#include "servers/redis/stored_request.h"

namespace weir::redis {

struct Client;

// What a client waits for.
struct Wait {
  StoredRequest request;
  std::uint32_t database;
  // The positions of its keys among the arguments, and of one that a retry also writes (0: none).
  std::size_t first;
  std::size_t end;
  std::size_t target;
  bool told_of_removal;
  bool timed = false;   // it ends by itself
  TimerId timer;        // of that
  bool silent = false;  // CLIENT REPLY OFF
};

class Waiter {
 public:
  explicit Waiter(Client& client) : client_(client) {}
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  Client& client() const { return client_; }
  bool waits() const { return wait_ != nullptr; }
  // REQUIRES: waits().
  Wait& wait() const { return *wait_; }

  // REQUIRES: !waits().
  void begin(Wait wait) {
    wait_ = std::make_unique<Wait>(std::move(wait));
    const std::lock_guard lock(mutex_);
    open_ = true;
    set_spent(0);
  }
  // No register names it any more.
  void end() {
    const std::lock_guard lock(mutex_);
    wait_.reset();
  }

  // Ends the wait if it is open and attempt() says so. Others wait for the attempt, which must not
  // wait for them; until it returns wait() stays.
  template <class Attempt>
  bool close_if(Attempt&& attempt) {
    const std::lock_guard lock(mutex_);
    if (!open_ || !attempt()) return false;
    open_ = false;
    return true;
  }
  // Whether it waits for so long and no longer; any thread, as close_if().
  bool is_timed() {
    const std::lock_guard lock(mutex_);
    return open_ && wait_->timed;
  }
  // Whether it waits; any thread, as close_if().
  bool is_open() {
    const std::lock_guard lock(mutex_);
    return open_;
  }
  // What the first attempt has taken, told when it is over: others may end the wait before.
  void set_spent(std::uint64_t ns) { spent_ns_.store(ns, std::memory_order_relaxed); }
  std::uint64_t spent_ns() const { return spent_ns_.load(std::memory_order_relaxed); }
  bool close() {
    return close_if([] { return true; });
  }

 private:
  Client& client_;
  std::mutex mutex_;
  bool open_ = false;  // nobody has ended the wait yet
  std::atomic<std::uint64_t> spent_ns_{0};
  std::unique_ptr<Wait> wait_;
};

}  // namespace weir::redis
