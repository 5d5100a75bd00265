#include "servers/redis/types/hyperloglog_estimate.h"

#include <cmath>
#include <limits>

#include "servers/redis/types/hyperloglog.h"

namespace weir::redis::hyperloglog {
namespace {

// The sum of x^(2^k) * 2^(k-1) over k >= 1, and x: the share of the registers that are still zero.
double sigma(double x) {
  if (x == 1.0) return std::numeric_limits<double>::infinity();
  double sum = x;
  double before = 0;
  double weight = 1;
  do {
    x *= x;
    before = sum;
    sum += x * weight;
    weight += weight;
  } while (sum != before);
  return sum;
}

// A third of 1 - x less the sum of (1 - x^(2^-k))^2 * 2^-k: that of the registers at their end.
double tau(double x) {
  if (x == 0.0 || x == 1.0) return 0;
  double sum = 1 - x;
  double before = 0;
  double weight = 1;
  do {
    x = std::sqrt(x);
    before = sum;
    weight *= 0.5;
    const double rest = 1 - x;
    sum -= rest * rest * weight;
  } while (sum != before);
  return sum / 3;
}

}  // namespace

std::uint64_t estimate(const Histogram& histogram) {
  constexpr double kAlpha = 0.721347520444481703680;  // 1 / (2 ln 2)
  constexpr auto kCount = static_cast<double>(kRegisters);
  double z = kCount * tau((kCount - histogram[kMaxRun]) / kCount);
  for (std::size_t value = kMaxRun - 1; value >= 1; --value) z = (z + histogram[value]) * 0.5;
  z += kCount * sigma(histogram[0] / kCount);
  const double cardinality = kAlpha * kCount * kCount / z;
  constexpr double kLimit = 0x1p63;
  if (!(cardinality < kLimit)) return std::uint64_t{1} << 63;
  return static_cast<std::uint64_t>(std::llround(cardinality));
}

}  // namespace weir::redis::hyperloglog
