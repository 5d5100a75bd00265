#include "core/cycle_clock.h"

#ifdef __x86_64__
#include <cpuid.h>
#endif

namespace weir {
namespace {

#ifdef __x86_64__
// Whether the counter runs at one speed whatever the processor does.
bool is_invariant() {
  constexpr unsigned kPowerManagement = 0x8000'0007;
  constexpr unsigned kInvariantCounter = 1U << 8;
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  return __get_cpuid(kPowerManagement, &a, &b, &c, &d) != 0 && (d & kInvariantCounter) != 0;
}
#endif

}  // namespace

// A millisecond makes the error of the two readings, some 50 ns each, one part in ten thousand.
CycleClock::CycleClock() {
#ifdef __x86_64__
  constexpr std::int64_t kCalibrationNs = 1'000'000;
  if (!is_invariant()) return;
  const std::int64_t begin_ns = monotonic_ns();
  const Ticks begin = __builtin_ia32_rdtsc();
  std::int64_t end_ns = begin_ns;
  Ticks end = begin;
  while (end_ns - begin_ns < kCalibrationNs) {
    end_ns = monotonic_ns();
    end = __builtin_ia32_rdtsc();
  }
  if (end <= begin) return;
  // Wide: it may have been held up for minutes.
  ns_by_2_32_ =
      static_cast<std::uint64_t>((static_cast<Wide>(end_ns - begin_ns) << 32) / (end - begin));
  has_counter_ = true;
#endif
}

}  // namespace weir
