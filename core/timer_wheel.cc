#include "core/timer_wheel.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

#include "base/check.h"

namespace weir {

TimerWheel::TimerWheel() {
  links_.reserve(kHeads);
  for (uint32_t head = 0; head < kHeads; ++head) links_.push_back({head, head});
}

TimerId TimerWheel::schedule(int64_t now_ms, int64_t delay_ms, Callback callback) {
  WEIR_DCHECK(now_ms >= 0 && callback);
  // Without timers the clock is free to jump, which saves the first one its way down the levels.
  if (size_ == 0) clock_ = std::max(clock_, static_cast<uint64_t>(now_ms));
  const int64_t delay =
      std::clamp<int64_t>(delay_ms, 0, std::numeric_limits<int64_t>::max() - now_ms);

  const uint32_t index = allocate();
  Timer& timer = timers_[index];
  timer.deadline = std::max({static_cast<uint64_t>(now_ms + delay), clock_, reached_});
  timer.callback = std::move(callback);
  place(kHeads + index);
  ++size_;
  return TimerId{index, timer.generation};
}

bool TimerWheel::cancel(TimerId id) {
  if (id.index >= timers_.size() || timers_[id.index].generation != id.generation) return false;
  release(id.index);
  return true;
}

size_t TimerWheel::advance(int64_t now_ms, size_t max_fired) {
  const auto now = static_cast<uint64_t>(std::max<int64_t>(now_ms, 0));
  reached_ = std::max(reached_, now);
  size_t fired = run_due(max_fired);
  size_t budget = kMaxSpread;
  while (fired < max_fired && spread(budget)) {
    const std::optional<Slot> slot = earliest_slot();
    if (!slot || slot->time > now) {
      clock_ = std::max(clock_, now);
      break;
    }
    clock_ = slot->time;
    if (slot->level > 0) {
      take_slot(slot->head, kSpreading);
      continue;
    }
    take_slot(slot->head, kDue);
    fired += run_due(max_fired - fired);
    // The slot of `now` is taken once: a timer that reschedules itself without delay would
    // otherwise keep this loop to itself.
    if (slot->time == now) break;
  }
  return fired;
}

int TimerWheel::next_delay(int64_t now_ms) const {
  if (!is_empty(kDue) || !is_empty(kSpreading)) return 0;
  const std::optional<Slot> slot = earliest_slot();
  if (!slot) return -1;
  const auto now = static_cast<uint64_t>(std::max<int64_t>(now_ms, 0));
  if (slot->time <= now) return 0;
  return static_cast<int>(std::min<uint64_t>(slot->time - now, std::numeric_limits<int>::max()));
}

uint32_t TimerWheel::allocate() {
  if (free_ == 0) {
    WEIR_CHECK(links_.size() < std::numeric_limits<uint32_t>::max());
    // Both or neither, where memory ends: what was reserved can't fail any more.
    if (links_.size() == links_.capacity()) links_.reserve(2 * links_.size());
    timers_.emplace_back();
    links_.emplace_back();
    return static_cast<uint32_t>(timers_.size() - 1);
  }
  const uint32_t node = std::exchange(free_, links_[free_].next);
  return node - kHeads;
}

// Ends the timer's pending life and returns its callback, to be run or destroyed by the caller
// when the wheel is whole again: either may call the wheel.
TimerWheel::Callback TimerWheel::release(uint32_t index) {
  const uint32_t node = kHeads + index;
  unlink(node);
  links_[node].next = std::exchange(free_, node);
  --size_;
  Timer& timer = timers_[index];
  if (++timer.generation == 0) timer.generation = 1;
  return std::exchange(timer.callback, nullptr);
}

void TimerWheel::place(uint32_t node) {
  const uint64_t deadline = timers_[node - kHeads].deadline;
  const uint64_t difference = deadline ^ clock_;
  const auto width = static_cast<uint32_t>(std::bit_width(difference | 1));
  const uint32_t level = (width - 1) / kDigitBits;
  const auto slot = static_cast<uint32_t>(deadline >> (level * kDigitBits)) % kSlots;
  append(level * kSlots + slot, node);
  occupied_[level] |= uint64_t{1} << slot;
}

void TimerWheel::append(uint32_t head, uint32_t node) {
  const uint32_t last = links_[head].previous;
  links_[node] = {last, head};
  links_[last].next = node;
  links_[head].previous = node;
}

void TimerWheel::unlink(uint32_t node) {
  const auto [previous, next] = links_[node];
  links_[previous].next = next;
  links_[next].previous = previous;
  // Only a head can be both neighbours: it is alone now.
  if (previous == next && next < kDue) occupied_[next / kSlots] &= ~(uint64_t{1} << next % kSlots);
}

// All timers of a level share the clock's higher digits, so every slot in use at a lower level
// comes before any at a higher one, and within a level the lowest slot comes first.
std::optional<TimerWheel::Slot> TimerWheel::earliest_slot() const {
  for (uint32_t level = 0; level < kLevels; ++level) {
    if (occupied_[level] == 0) continue;
    const auto slot = static_cast<uint32_t>(std::countr_zero(occupied_[level]));
    const uint32_t shift = level * kDigitBits;
    const uint64_t higher_digits = clock_ >> shift & ~uint64_t{kSlots - 1};
    return Slot{(higher_digits | slot) << shift, level, level * kSlots + slot};
  }
  return std::nullopt;
}

// Moves the slot's whole list to the empty one of `destination`, in O(1).
void TimerWheel::take_slot(uint32_t head, uint32_t destination) {
  WEIR_DCHECK(is_empty(destination) && !is_empty(head));
  const auto [last, first] = links_[head];
  links_[destination] = {last, first};
  links_[first].previous = destination;
  links_[last].next = destination;
  links_[head] = {head, head};
  occupied_[head / kSlots] &= ~(uint64_t{1} << head % kSlots);
}

// Moves the timers of the higher slot that the clock has reached to the levels below. False when
// the budget ends first: the clock must then wait, for some may be due already.
bool TimerWheel::spread(size_t& budget) {
  for (; !is_empty(kSpreading); --budget) {
    if (budget == 0) return false;
    const uint32_t node = links_[kSpreading].next;
    unlink(node);
    place(node);
  }
  return true;
}

size_t TimerWheel::run_due(size_t max_fired) {
  size_t fired = 0;
  for (; fired < max_fired && !is_empty(kDue); ++fired) {
    const Callback callback = release(links_[kDue].next - kHeads);
    callback();
  }
  return fired;
}

}  // namespace weir
