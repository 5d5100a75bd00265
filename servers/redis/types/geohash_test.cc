#include "servers/redis/types/geohash.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace weir::redis {
namespace {

constexpr double kMaxDouble = std::numeric_limits<double>::max();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::string geohash_text(GeoPoint point) {
  GeohashText text;
  return std::string(text.format(point));
}

GeoPoint random_point(std::mt19937_64& rng) {
  std::uniform_real_distribution<double> longitude(-GeoPoint::kMaxLongitude,
                                                   GeoPoint::kMaxLongitude);
  std::uniform_real_distribution<double> latitude(-GeoPoint::kMaxLatitude, GeoPoint::kMaxLatitude);
  return {longitude(rng), latitude(rng)};
}

// The scores that redis-server gives, in the example of GEOADD's documentation and at the corners.
TEST(Geohash, KnownScores) {
  EXPECT_EQ(geo_score({13.361389, 38.115556}), 3479099956230698.0);
  EXPECT_EQ(geo_score({15.087269, 37.502669}), 3479447370796909.0);
  EXPECT_EQ(geo_score({-73.9454966, 40.747533}), 1791875804419201.0);
  EXPECT_EQ(geo_score({-180, -GeoPoint::kMaxLatitude}), 0.0);
  EXPECT_EQ(geo_score({0, 0}), std::ldexp(3.0, 50));
  EXPECT_EQ(geo_score({180, -GeoPoint::kMaxLatitude}), std::ldexp(1.0, 53));
  EXPECT_EQ(geo_score({-180, GeoPoint::kMaxLatitude}), std::ldexp(1.0, 52));
}

TEST(Geohash, KnownTexts) {
  EXPECT_EQ(geohash_text(geo_point(geo_score({-5.6, 42.6}))), "ezs42e44yx0");  // Wikipedia's
  EXPECT_EQ(geohash_text(geo_point(3479099956230698.0)), "sqc8b49rny0");
  EXPECT_EQ(geohash_text({-180, -GeoPoint::kMaxLatitude}).size(), 11U);
}

// Bit by bit, as the definition has it.
std::uint64_t interleave_slowly(std::uint32_t row, std::uint32_t column) {
  std::uint64_t bits = 0;
  for (int i = 0; i < 32; ++i) {
    bits |= std::uint64_t{row >> i & 1} << 2 * i;
    bits |= std::uint64_t{column >> i & 1} << (2 * i + 1);
  }
  return bits;
}

TEST(Geohash, CellsAreInterleavedParts) {
  std::mt19937_64 rng(1);
  for (int round = 0; round < 20'000; ++round) {
    const GeoPoint point = random_point(rng);
    const int step = 1 + static_cast<int>(rng() % GeoCell::kMaxStep);
    const GeoCell cell = GeoCell::around(point, step);
    const double across = std::ldexp(1.0, step);
    const auto row = static_cast<std::uint32_t>((point.latitude + GeoPoint::kMaxLatitude) /
                                                (2 * GeoPoint::kMaxLatitude) * across);
    const auto column = static_cast<std::uint32_t>((point.longitude + 180) / 360 * across);
    ASSERT_EQ(cell.bits, interleave_slowly(row, column));
    const GeoArea area = cell.area();
    EXPECT_LE(area.low.longitude, point.longitude + 1e-9);
    EXPECT_GE(area.high.longitude, point.longitude - 1e-9);
    EXPECT_LE(area.low.latitude, point.latitude + 1e-9);
    EXPECT_GE(area.high.latitude, point.latitude - 1e-9);
  }
}

TEST(Geohash, PointsComeBackNearby) {
  std::mt19937_64 rng(2);
  for (int round = 0; round < 20'000; ++round) {
    const GeoPoint point = random_point(rng);
    const GeoPoint back = geo_point(geo_score(point));
    EXPECT_NEAR(back.longitude, point.longitude, 360 / std::ldexp(1.0, 26));
    EXPECT_NEAR(back.latitude, point.latitude, 171 / std::ldexp(1.0, 26));
    ASSERT_EQ(geo_score(back), geo_score(point));
  }
}

TEST(Geohash, EveryScoreIsAPoint) {
  for (const double score : {0.0, -0.0, -1.0, 1e15, 1e16, 1e17, 1e18, 9.3e18, 1.8e19, 2e19, -9e18,
                             -1e19, kMaxDouble, -kMaxDouble, kInfinity, -kInfinity, 0.5}) {
    EXPECT_TRUE(geo_point(score).is_indexable()) << score;
  }
}

TEST(Geohash, NeighboursShareASideAndWrapAround) {
  std::mt19937_64 rng(3);
  for (int round = 0; round < 20'000; ++round) {
    const int step = 1 + static_cast<int>(rng() % GeoCell::kMaxStep);
    const std::uint32_t mask = (std::uint32_t{1} << step) - 1;
    const auto row = static_cast<std::uint32_t>(rng()) & mask;
    const auto column = static_cast<std::uint32_t>(rng()) & mask;
    const GeoCell cell{interleave_slowly(row, column), step};
    for (int east = -1; east <= 1; ++east) {
      for (int north = -1; north <= 1; ++north) {
        const std::uint32_t expected_row = (row + static_cast<std::uint32_t>(north)) & mask;
        const std::uint32_t expected_column = (column + static_cast<std::uint32_t>(east)) & mask;
        ASSERT_EQ(cell.neighbour(east, north),
                  (GeoCell{interleave_slowly(expected_row, expected_column), step}));
      }
    }
  }
}

TEST(Geohash, ScoresOfACellAreThoseOfItsPoints) {
  std::mt19937_64 rng(4);
  for (int round = 0; round < 20'000; ++round) {
    const GeoPoint point = random_point(rng);
    const GeoPoint other = random_point(rng);
    const GeoCell cell = GeoCell::around(point, 1 + static_cast<int>(rng() % 4));
    const ScoreRange scores = cell.scores();
    EXPECT_FALSE(scores.min.exclusive);
    EXPECT_TRUE(scores.max.exclusive);
    for (const GeoPoint& p : {point, other}) {
      const double score = geo_score(p);
      const bool inside = score >= scores.min.score && score < scores.max.score;
      ASSERT_EQ(inside, GeoCell::around(p, cell.step) == cell);
    }
  }
}

TEST(Geohash, LimitsOfTheIndex) {
  EXPECT_TRUE((GeoPoint{180, 85.05112878}).is_indexable());
  EXPECT_TRUE((GeoPoint{-180, -85.05112878}).is_indexable());
  EXPECT_FALSE((GeoPoint{180.0001, 0}).is_indexable());
  EXPECT_FALSE((GeoPoint{0, 85.0511288}).is_indexable());
  EXPECT_FALSE((GeoPoint{0, -kInfinity}).is_indexable());
}

}  // namespace
}  // namespace weir::redis
