// Timers of one reactor: a hierarchical timing wheel (Varghese and Lauck, scheme 7) of 1 ms ticks.
// schedule and cancel are O(1). A timer is relinked at most once a level on its way to its
// deadline; one call of advance relinks at most kMaxSpread, however many timers share a slot.
//
//   level 0: 64 slots of 1 ms    level 1: 64 slots of 64 ms    level 2: 64 slots of 4096 ms ...
//
// A timer sits at the level of the highest 6-bit digit in which its deadline differs from the
// wheel's clock. Eleven levels hold every 63-bit deadline, so none ever overflows.
// Owner's thread only. Invariants: no timer fires before its deadline; timers fire in the order of
// their deadlines.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace weir {

// Names one scheduling of one timer. The default names none.
struct TimerId {
  uint32_t index = 0;
  uint32_t generation = 0;

  bool operator==(const TimerId&) const = default;
};

class TimerWheel {
 public:
  using Callback = std::function<void()>;

  TimerWheel();
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;

  // Runs `callback` once, by the first advance to now_ms + delay_ms or later. `now_ms` is the
  // owner's monotonic clock, >= 0; a negative delay counts as 0.
  TimerId schedule(int64_t now_ms, int64_t delay_ms, Callback callback);

  // True if the timer was pending; its callback is destroyed and will not run. A stale id, one of a
  // timer that fired, fires right now or was cancelled, is a harmless false.
  bool cancel(TimerId id);

  // Runs the timers due at `now_ms`, in the order of their deadlines, at most `max_fired` of them;
  // the rest waits for the next call, and next_delay is 0 meanwhile. Returns how many ran.
  // Callbacks may schedule and cancel any timer; one that reschedules itself without delay runs
  // at most twice a call. A callback must not call advance.
  size_t advance(int64_t now_ms, size_t max_fired);

  // Milliseconds to sleep before the next advance, for epoll_wait: 0 if there is work, -1 without
  // timers. May be less than the time to the next deadline where a slot has to be spread over the
  // levels below, never more.
  int next_delay(int64_t now_ms) const;

  // Pending timers.
  size_t size() const { return size_; }

 private:
  static constexpr uint32_t kDigitBits = 6;
  static constexpr uint32_t kSlots = 1U << kDigitBits;
  static constexpr uint32_t kLevels = 11;             // 11 digits of 6 bits hold a 63-bit deadline
  static constexpr uint32_t kDue = kLevels * kSlots;  // head of the list of timers to be run
  static constexpr uint32_t kSpreading = kDue + 1;    // head of a slot's timers on their way down
  static constexpr uint32_t kHeads = kSpreading + 1;
  static constexpr size_t kMaxSpread = 1024;  // at some 0.15 us each

  // Doubly linked circular lists by index: links_[0, kHeads) are the lists' heads, one a slot,
  // then kDue and kSpreading; links_[kHeads + i] belongs to timers_[i]. Free timers are chained by
  // `next`.
  struct Link {
    uint32_t previous;
    uint32_t next;
  };

  struct Timer {
    uint64_t deadline = 0;
    uint32_t generation = 1;
    Callback callback;
  };

  // A slot in use and the first time it stands for; at level 0 that is its timers' deadline.
  struct Slot {
    uint64_t time;
    uint32_t level;
    uint32_t head;
  };

  uint32_t allocate();
  Callback release(uint32_t index);
  void place(uint32_t node);
  void append(uint32_t head, uint32_t node);
  void unlink(uint32_t node);
  bool is_empty(uint32_t head) const { return links_[head].next == head; }
  std::optional<Slot> earliest_slot() const;
  void take_slot(uint32_t head, uint32_t destination);
  bool spread(size_t& budget);
  size_t run_due(size_t max_fired);

  uint64_t clock_ = 0;    // every slot before this time is empty
  uint64_t reached_ = 0;  // latest time of advance: nothing is placed before it
  size_t size_ = 0;
  std::array<uint64_t, kLevels> occupied_{};  // a bit for each slot that is not empty
  std::vector<Link> links_;
  std::vector<Timer> timers_;
  uint32_t free_ = 0;  // first free timer's link, 0 for none
};

}  // namespace weir
