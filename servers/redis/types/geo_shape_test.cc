#include "servers/redis/types/geo_shape.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "servers/redis/types/geohash.h"

namespace weir::redis {
namespace {

using Kind = GeoShape::Kind;

constexpr GeoPoint kPalermo{13.361389, 38.115556};
constexpr GeoPoint kCatania{15.087269, 37.502669};
constexpr double kEarthRadius = 6372797.560856;

TEST(GeoShape, KnownDistances) {
  const double distance =
      geo_distance(geo_point(geo_score(kPalermo)), geo_point(geo_score(kCatania)));
  EXPECT_NEAR(distance, 166274.1516, 0.0001);  // GEODIST's documentation
  EXPECT_EQ(geo_distance(kPalermo, kPalermo), 0);
  EXPECT_NEAR(geo_distance({0, 0}, {180, 0}), M_PI * kEarthRadius, 0.001);
  EXPECT_NEAR(geo_distance({20, 10}, {20, -10}), 20 * M_PI / 180 * kEarthRadius, 0.001);
}

// By the angle between two vectors: another way to the same distance.
double distance_by_vectors(GeoPoint a, GeoPoint b) {
  const auto coordinates = [](GeoPoint p, double* to) {
    const double longitude = p.longitude * M_PI / 180;
    const double latitude = p.latitude * M_PI / 180;
    to[0] = std::cos(latitude) * std::cos(longitude);
    to[1] = std::cos(latitude) * std::sin(longitude);
    to[2] = std::sin(latitude);
  };
  double u[3];
  double v[3];
  coordinates(a, u);
  coordinates(b, v);
  const double x = u[1] * v[2] - u[2] * v[1];
  const double y = u[2] * v[0] - u[0] * v[2];
  const double z = u[0] * v[1] - u[1] * v[0];
  const double dot = u[0] * v[0] + u[1] * v[1] + u[2] * v[2];
  return kEarthRadius * std::atan2(std::sqrt(x * x + y * y + z * z), dot);
}

GeoPoint random_point(std::mt19937_64& rng, double max_latitude) {
  std::uniform_real_distribution<double> longitude(-180, 180);
  std::uniform_real_distribution<double> latitude(-max_latitude, max_latitude);
  return {longitude(rng), latitude(rng)};
}

TEST(GeoShape, DistancesAgreeWithVectors) {
  std::mt19937_64 rng(1);
  for (int round = 0; round < 20'000; ++round) {
    const GeoPoint a = random_point(rng, 85);
    const GeoPoint b = random_point(rng, 85);
    const double expected = distance_by_vectors(a, b);
    // Near the antipode a haversine loses digits.
    const double slack = expected > 0.999 * M_PI * kEarthRadius ? 1 : 0.01;
    ASSERT_NEAR(geo_distance(a, b), expected, slack);
  }
}

bool covers(const std::vector<GeoCell>& cells, GeoPoint point) {
  return std::any_of(cells.begin(), cells.end(), [&](const GeoCell& cell) {
    return GeoCell::around(point, cell.step) == cell;
  });
}

bool reaches_an_edge(const GeoShape& shape, double reach) {
  const double rows = reach / kEarthRadius * 180 / M_PI;
  if (std::fabs(shape.centre.latitude) + rows > 70) return true;
  const double columns = rows / std::cos((std::fabs(shape.centre.latitude) + rows) * M_PI / 180);
  return std::fabs(shape.centre.longitude) + columns > 180;
}

// Whatever lies in the shape lies in one of the cells, and no cell comes twice; away from the poles
// and the date line, where Redis misses some too.
TEST(GeoShape, CellsCoverTheShape) {
  std::mt19937_64 rng(2);
  std::uniform_real_distribution<double> exponent(0, 7);
  int inside = 0;
  for (int round = 0; round < 3'000; ++round) {
    GeoShape shape;
    shape.centre = random_point(rng, 60);
    const double reach = std::pow(10, exponent(rng));
    shape.kind = round % 2 == 0 ? Kind::kCircle : Kind::kBox;
    shape.metres = round % 3 == 0 ? 1000 : 1;
    shape.radius = reach / shape.metres;
    shape.width = shape.height = std::sqrt(2) * reach / shape.metres;
    if (reaches_an_edge(shape, reach)) continue;
    const std::vector<GeoCell> cells = shape.covering_cells();
    ASSERT_LE(cells.size(), 9U);
    for (std::size_t i = 0; i < cells.size(); ++i) {
      ASSERT_EQ(std::count(cells.begin(), cells.end(), cells[i]), 1);
    }
    const double degrees = reach / kEarthRadius * 180 / M_PI;
    std::uniform_real_distribution<double> nearby(-degrees, degrees);
    for (int i = 0; i < 200; ++i) {
      const GeoPoint point{shape.centre.longitude + nearby(rng),
                           shape.centre.latitude + nearby(rng)};
      if (!point.is_indexable() || !shape.distance_within(point)) continue;
      ++inside;
      ASSERT_TRUE(covers(cells, point))
          << shape.centre.longitude << " " << shape.centre.latitude << " reach " << reach
          << " misses " << point.longitude << " " << point.latitude;
    }
  }
  EXPECT_GT(inside, 100'000);
}

TEST(GeoShape, InsideMeansNoFurtherThanTheRadius) {
  GeoShape circle;
  circle.centre = kPalermo;
  circle.metres = 1000;
  circle.radius = geo_distance(kPalermo, kCatania) / 1000;
  ASSERT_TRUE(circle.distance_within(kCatania).has_value());
  EXPECT_EQ(*circle.distance_within(kCatania), geo_distance(kPalermo, kCatania));
  circle.radius -= 1e-6;
  EXPECT_FALSE(circle.distance_within(kCatania).has_value());
}

TEST(GeoShape, ABoxIsBoundedBothWays) {
  GeoShape box;
  box.kind = Kind::kBox;
  box.centre = {15, 37};
  box.metres = 1000;
  box.width = 400;
  box.height = 2;
  EXPECT_TRUE(box.distance_within({12.8, 37.005}).has_value());
  EXPECT_FALSE(box.distance_within({12.8, 37.02}).has_value());
  EXPECT_FALSE(box.distance_within({12.7, 37}).has_value());
  box.width = box.height = 0;
  EXPECT_TRUE(box.distance_within({15, 37}).has_value());
  EXPECT_FALSE(box.distance_within({15, 37.001}).has_value());
}

// Extreme lengths lead to cells too, and to none twice where the world is two cells wide.
TEST(GeoShape, ExtremeLengths) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (const double length : {0.0, 1e-300, 1e-320, 1e7, 2e7, 1e8, 1e300, kInfinity}) {
    for (const Kind kind : {Kind::kCircle, Kind::kBox}) {
      for (const GeoPoint centre : {GeoPoint{0, 0}, GeoPoint{180, 85.05112878},
                                    GeoPoint{-180, -85.05112878}, GeoPoint{179.9, -70}}) {
        const GeoShape shape{kind, centre, 1609.34, length, length, length};
        const std::vector<GeoCell> cells = shape.covering_cells();
        ASSERT_GE(cells.size(), 1U);
        ASSERT_LE(cells.size(), 9U);
      }
    }
  }
  const GeoShape world{Kind::kCircle, {10, 10}, 1000, 50'000, 0, 0};
  EXPECT_EQ(world.covering_cells().size(), 4U);
  EXPECT_TRUE(covers(world.covering_cells(), {-47.27, -54.53}));
}

}  // namespace
}  // namespace weir::redis
