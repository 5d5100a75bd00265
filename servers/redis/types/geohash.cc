#include "servers/redis/types/geohash.h"

#include <algorithm>

namespace weir::redis {
namespace {

constexpr std::uint64_t kLongitudeBits = 0xaaaa'aaaa'aaaa'aaaa;
constexpr std::uint64_t kLatitudeBits = 0x5555'5555'5555'5555;
constexpr double kMaxStandardLatitude = 90;

struct Fold {
  int shift;
  std::uint64_t mask;
};

// What stays in place when the halves of a word's groups part: from 32 bits down to single ones.
constexpr Fold kFolds[] = {
    {16, 0x0000'ffff'0000'ffff}, {8, 0x00ff'00ff'00ff'00ff}, {4, 0x0f0f'0f0f'0f0f'0f0f},
    {2, 0x3333'3333'3333'3333},  {1, 0x5555'5555'5555'5555},
};

// Moves bit i to bit 2 i.
std::uint64_t spread(std::uint32_t number) {
  std::uint64_t bits = number;
  for (const Fold& fold : kFolds) bits = (bits | bits << fold.shift) & fold.mask;
  return bits;
}

// Moves bit 2 i to bit i; the odd ones are lost.
std::uint32_t gather(std::uint64_t bits) {
  bits &= kLatitudeBits;
  for (int i = 4; i >= 0; --i) {
    const std::uint64_t mask = i > 0 ? kFolds[i - 1].mask : 0xffff'ffff;
    bits = (bits | bits >> kFolds[i].shift) & mask;
  }
  return static_cast<std::uint32_t>(bits);
}

double cells_across(int step) { return static_cast<double>(std::uint64_t{1} << step); }

// In which of the 2^step parts of [-max, max] a coordinate lies; 2^step at the upper end itself.
std::uint32_t part_of(double coordinate, double max, int step) {
  return static_cast<std::uint32_t>((coordinate + max) / (max + max) * cells_across(step));
}

double part_begin(std::uint32_t part, double max, int step) {
  return -max + part / cells_across(step) * (max + max);
}

std::uint64_t interleaved(GeoPoint point, double max_latitude, int step) {
  return spread(part_of(point.latitude, max_latitude, step)) |
         spread(part_of(point.longitude, GeoPoint::kMaxLongitude, step)) << 1;
}

// Adds `by` to the coordinate whose bits are `own`. The other's bits are set for an addition, so
// that a carry runs over them, and clear for a subtraction.
std::uint64_t move(std::uint64_t bits, std::uint64_t own, int step, int by) {
  if (by == 0) return bits;
  const int unused = 64 - 2 * step;
  const std::uint64_t gaps = ~own >> unused;
  std::uint64_t moved = bits & own;
  if (by > 0) {
    moved += gaps + 1;
  } else {
    moved = (moved | gaps) - (gaps + 1);
  }
  return (moved & own >> unused) | (bits & ~own);
}

// Any double as the bits of a cell. Those beyond 64 bits come out as on x86-64, where Redis leaves
// them to the processor.
std::uint64_t bits_of(double score) {
  constexpr double kHalf = 9223372036854775808.0;  // 2^63
  constexpr std::uint64_t kTop = std::uint64_t{1} << 63;
  if (score < -kHalf) return kTop;
  if (score < kHalf) return static_cast<std::uint64_t>(static_cast<std::int64_t>(score));
  return score < 2 * kHalf ? static_cast<std::uint64_t>(score) : 0;
}

}  // namespace

bool GeoPoint::is_indexable() const {
  return longitude >= -kMaxLongitude && longitude <= kMaxLongitude && latitude >= -kMaxLatitude &&
         latitude <= kMaxLatitude;
}

GeoPoint GeoArea::centre() const {
  return {std::clamp((low.longitude + high.longitude) / 2, -GeoPoint::kMaxLongitude,
                     GeoPoint::kMaxLongitude),
          std::clamp((low.latitude + high.latitude) / 2, -GeoPoint::kMaxLatitude,
                     GeoPoint::kMaxLatitude)};
}

GeoCell GeoCell::around(GeoPoint point, int step) {
  return {interleaved(point, GeoPoint::kMaxLatitude, step), step};
}

GeoArea GeoCell::area() const {
  const std::uint32_t column = gather(bits >> 1);
  const std::uint32_t row = gather(bits);
  return {{part_begin(column, GeoPoint::kMaxLongitude, step),
           part_begin(row, GeoPoint::kMaxLatitude, step)},
          {part_begin(column + 1, GeoPoint::kMaxLongitude, step),
           part_begin(row + 1, GeoPoint::kMaxLatitude, step)}};
}

GeoCell GeoCell::neighbour(int east, int north) const {
  return {move(move(bits, kLongitudeBits, step, east), kLatitudeBits, step, north), step};
}

ScoreRange GeoCell::scores() const {
  const int below = 2 * (kMaxStep - step);
  return {{static_cast<double>(bits << below), false},
          {static_cast<double>((bits + 1) << below), true}};
}

double geo_score(GeoPoint point) {
  return static_cast<double>(GeoCell::around(point, GeoCell::kMaxStep).bits);
}

GeoPoint geo_point(double score) { return GeoCell{bits_of(score)}.area().centre(); }

std::string_view GeohashText::format(GeoPoint point) {
  constexpr std::string_view kAlphabet = "0123456789bcdefghjkmnpqrstuvwxyz";
  constexpr int kBitsPerLetter = 5;
  constexpr int kKnown = sizeof bytes - 1;
  const std::uint64_t bits = interleaved(point, kMaxStandardLatitude, GeoCell::kMaxStep);
  for (int i = 0; i < kKnown; ++i) {
    const int below = 2 * GeoCell::kMaxStep - (i + 1) * kBitsPerLetter;
    bytes[i] = kAlphabet[bits >> below & 0x1f];
  }
  bytes[kKnown] = kAlphabet[0];
  return {bytes, sizeof bytes};
}

}  // namespace weir::redis
