// How long to wait before the next try: doubles from a first delay up to a last one, and each is
// drawn from its upper half, so that clients who lost one server do not all come back at once.
// A value: no thread rule of its own.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/check.h"
#include "base/random.h"

namespace weir {

class Backoff {
 public:
  // In milliseconds. REQUIRES: 0 <= first_ms <= last_ms. `seed` is what the jitter is drawn from.
  Backoff(int first_ms, int last_ms, std::uint64_t seed)
      : next_ms_(first_ms), last_ms_(last_ms), random_(seed) {
    WEIR_CHECK(first_ms >= 0 && first_ms <= last_ms);
  }

  // The next delay, at least half of the next step, at most `last_ms`.
  int next_ms() {
    const int step = static_cast<int>(next_ms_);
    next_ms_ = std::min<std::int64_t>(next_ms_ * 2, last_ms_);
    const int half = step / 2;
    return step - half + static_cast<int>(random_.below(static_cast<std::size_t>(half) + 1));
  }

 private:
  std::int64_t next_ms_;
  int last_ms_;
  Random random_;
};

}  // namespace weir
