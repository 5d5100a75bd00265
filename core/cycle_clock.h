// Durations by the processor's time stamp counter, read in half the time that clock.h takes: for
// what is measured so often that a clock's cost would show. Where the counter is missing, or does
// not run at one speed always, the monotonic clock is read instead. (Intel SDM volume 3, "Time
// Stamp Counter": invariant TSC.)
//
// Thread rule: a plain value, made once and copied; any thread. Ticks of one thread never go back.
#pragma once

#include <cstdint>

#include "core/clock.h"

namespace weir {

class CycleClock {
 public:
  using Ticks = std::uint64_t;

  // Compares the counter with the monotonic clock, for a millisecond.
  CycleClock();

  // About 8 ns.
  Ticks now() const {
#ifdef __x86_64__
    // The compiler's own: the header of all intrinsics would be a fifth of what a file compiles.
    if (has_counter_) return __builtin_ia32_rdtsc();
#endif
    return static_cast<Ticks>(monotonic_ns());
  }

  // 0 where `end` is not after `begin`.
  std::uint64_t ns(Ticks begin, Ticks end) const {
    if (end <= begin) return 0;
    return static_cast<std::uint64_t>(Wide{end - begin} * ns_by_2_32_ >> 32);
  }
  // As many as take so long.
  Ticks ticks(std::uint64_t ns) const { return static_cast<Ticks>((Wide{ns} << 32) / ns_by_2_32_); }

 private:
  __extension__ using Wide = unsigned __int128;

  bool has_counter_ = false;
  std::uint64_t ns_by_2_32_ = std::uint64_t{1} << 32;  // a tick's
};

}  // namespace weir
