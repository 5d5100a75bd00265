// How much happened a second in the latest 1.6 seconds: INFO's instantaneous_ values.
// Thread rule: sample() one thread; the rates any thread.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace weir::redis {

class Rate {
 public:
  // `total` has been counted by `now_us`; a smaller one than before begins anew.
  void sample(std::uint64_t total, std::int64_t now_us) {
    const bool first = before_us_ == 0;
    const std::int64_t us = now_us - before_us_;
    if (!first && us > 0 && total >= before_) {
      samples_[next_] = static_cast<double>(total - before_) * 1e6 / static_cast<double>(us);
      next_ = (next_ + 1) % samples_.size();
      store_mean();
    }
    before_ = total;
    before_us_ = now_us;
  }
  double per_second() const { return mean_.load(std::memory_order_relaxed); }

 private:
  void store_mean() {
    double sum = 0;
    for (const double sample : samples_) sum += sample;
    mean_.store(sum / static_cast<double>(samples_.size()), std::memory_order_relaxed);
  }

  std::array<double, 16> samples_{};
  std::size_t next_ = 0;
  std::uint64_t before_ = 0;
  std::int64_t before_us_ = 0;
  std::atomic<double> mean_{0};
};

struct Rates {
  Rate commands;
  Rate input_bytes;
  Rate output_bytes;
};

}  // namespace weir::redis
