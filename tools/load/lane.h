// The load's share of one reactor: its connections, when they ask, what was counted. In an open
// loop a timer of the kernel's (timerfd) wakes it for what is due, at most every 50 us.
//
// Thread rule: the reactor's thread; made before its run() and destroyed after it. The tally and
// what is atomic, any thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "base/status.h"
#include "core/clock.h"
#include "core/reactor.h"
#include "tools/load/tally.h"

namespace weir::load {

class Caller;

// What all connections of a lane do.
struct Plan {
  std::size_t depth = 1;       // requests outstanding on a connection, at most
  double rate = 0;             // requests a second of this lane; 0: a closed loop
  bool limited = false;        // else there are as many requests as the time allows
  std::uint64_t requests = 0;  // of this lane
};

class Lane {
 public:
  // `done` is called once, on the reactor, when it is over: with nothing outstanding.
  Lane(Reactor& reactor, const Plan& plan, std::function<void()> done);
  ~Lane();
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  Status open();
  // All are connected.
  void begin();
  // Only what was asked from here on is measured, until end().
  void begin_to_measure() { measured_from_ns_ = monotonic_ns(); }
  // No more becomes due; what is, is sent, and the replies are waited for.
  void end();
  void close_all();

  const Plan& plan() const { return plan_; }
  const Tally& tally() const { return tally_; }
  bool is_open_loop() const { return plan_.rate > 0; }
  std::uint64_t failures() const { return failures_.load(std::memory_order_relaxed); }
  std::uint64_t losses() const { return losses_.load(std::memory_order_relaxed); }
  // What was wrong first; empty where nothing was. Any thread.
  std::string first_failure() const;

  // Its callers'.
  void add(Caller& caller);
  void remove(Caller& caller);
  bool take_request();
  void count(std::int64_t now_ns, std::int64_t since_ns, std::uint64_t misses);
  void give_up(std::int64_t now_ns, std::int64_t since_ns);
  void note_idle();
  void fail(const Status& what);
  void lose(const Status& why);

 private:
  static constexpr std::int64_t kNever = INT64_MAX;
  static constexpr std::int64_t kLeastPauseNs = 50'000;

  void ask_due();
  void arm(std::int64_t now_ns);
  bool is_measured(std::int64_t ns) const {
    return ns >= measured_from_ns_ && ns < measured_to_ns_;
  }
  bool is_exhausted() const { return plan_.limited && asked_ == plan_.requests; }
  void remember(const Status& what);

  Reactor& reactor_;
  const Plan plan_;
  std::function<void()> done_;
  int timer_ = -1;
  std::vector<Caller*> callers_;
  std::size_t next_caller_ = 0;
  std::int64_t begin_ns_ = 0;  // of the schedule
  std::uint64_t asked_ = 0;
  std::uint64_t outstanding_ = 0;  // those that wait for room too
  bool over_ = false;
  bool done_told_ = false;
  std::int64_t measured_from_ns_ = kNever;
  std::int64_t measured_to_ns_ = kNever;
  Tally tally_;
  std::atomic<std::uint64_t> failures_{0};
  std::atomic<std::uint64_t> losses_{0};
  mutable std::mutex mutex_;
  std::string first_failure_;
};

}  // namespace weir::load
