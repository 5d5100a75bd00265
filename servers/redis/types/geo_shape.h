// GeoShape: the circle or the box that a geo search looks into, and the geohash cells to look for
// it. The earth is a sphere; distances are in metres along its surface (the haversine formula,
// R. W. Sinnott, "Virtues of the Haversine", 1984). All arithmetic is in the order in which Redis
// 7.0 does it, for its results show to the last digit.
//
// A box bounds the distances from its centre's parallel and meridian, so its sides are bent. The
// cells may miss a part of a shape that reaches around a pole or over the date line: as in Redis.
// Values; any thread.
#pragma once

#include <optional>
#include <vector>

#include "servers/redis/types/geohash.h"

namespace weir::redis {

// In metres.
double geo_distance(GeoPoint a, GeoPoint b);

struct GeoShape {
  enum class Kind { kCircle, kBox };

  Kind kind = Kind::kCircle;
  GeoPoint centre;    // indexable
  double metres = 1;  // in the unit that the lengths are given in
  // Not negative; infinity is allowed.
  double radius = 0;
  double width = 0;
  double height = 0;

  // The distance of a point from the centre, in metres; nothing when it lies outside.
  std::optional<double> distance_within(GeoPoint point) const;
  // At most nine, in the order in which Redis searches them: around the centre and its neighbours
  // of the same size.
  std::vector<GeoCell> covering_cells() const;

 private:
  GeoArea bounds() const;
  int covering_step() const;
};

}  // namespace weir::redis
