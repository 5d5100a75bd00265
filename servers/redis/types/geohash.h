// Geohash cells: the world, or what of it the Mercator projection shows as a square, halved `step`
// times in longitude and in latitude. The halves' numbers are interleaved, longitude in the odd
// bits, so that one cell is one stretch of the cells inside it: a point's cell at the finest step
// is the score that Redis' geo commands give it in a sorted set.
//
// Sources: G. Niemeyer, geohash.org, 2008; G. M. Morton, "A computer oriented geodetic data base",
// 1966; the documentation of GEOADD for the limits. Pure functions of values; any thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "servers/redis/types/sorted_range.h"

namespace weir::redis {

// In degrees, east and north positive.
struct GeoPoint {
  static constexpr double kMaxLongitude = 180;
  static constexpr double kMaxLatitude = 85.05112878;  // EPSG:3857's, either way

  double longitude = 0;
  double latitude = 0;

  // Whether it can have a score.
  bool is_indexable() const;
};

// A rectangle by its south-western and north-eastern corners.
struct GeoArea {
  GeoPoint low;
  GeoPoint high;

  // Never outside the indexable world.
  GeoPoint centre() const;
};

struct GeoCell {
  static constexpr int kMaxStep = 26;

  std::uint64_t bits = 0;  // 2 * step of them; 2 more for a point on the world's upper edges
  int step = kMaxStep;

  // The cell of that size around a point. REQUIRES: indexable; 1 <= step <= kMaxStep.
  static GeoCell around(GeoPoint point, int step);

  GeoArea area() const;
  // The cell `east` columns and `north` rows away, each -1, 0 or 1; beyond an edge of the world
  // comes the opposite one.
  GeoCell neighbour(int east, int north) const;
  // The scores of the points in it.
  ScoreRange scores() const;

  friend bool operator==(const GeoCell&, const GeoCell&) = default;
};

// REQUIRES: indexable.
double geo_score(GeoPoint point);
// The centre of the finest cell of that score; every score has one, whoever made it.
GeoPoint geo_point(double score);

// The standard geohash of a point, which divides all 180 degrees of latitude: 10 letters for the 50
// bits that are known, and a '0'.
struct GeohashText {
  char bytes[11];

  // The view lies in `bytes`.
  std::string_view format(GeoPoint point);
};

}  // namespace weir::redis
