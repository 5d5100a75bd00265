#include "servers/redis/types/geo_shape.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace weir::redis {
namespace {

constexpr double kEarthRadius = 6372797.560856;  // metres
constexpr double kRadian = std::numbers::pi / 180.0;

double radians(double degrees) { return degrees * kRadian; }
double degrees(double radians) { return radians / kRadian; }

// Of two points on one meridian.
double latitude_distance(double a, double b) {
  return kEarthRadius * std::fabs(radians(b) - radians(a));
}

struct Offset {
  int east;
  int north;
};

constexpr Offset kSearchOrder[] = {{0, 0}, {0, 1},  {0, -1}, {1, 0},  {-1, 0},
                                   {1, 1}, {-1, 1}, {1, -1}, {-1, -1}};

// Whether the neighbours of a cell reach as far as the bounds do.
bool neighbours_reach(const GeoCell& cell, const GeoArea& bounds) {
  return !(cell.neighbour(0, 1).area().high.latitude < bounds.high.latitude ||
           cell.neighbour(0, -1).area().low.latitude > bounds.low.latitude ||
           cell.neighbour(1, 0).area().high.longitude < bounds.high.longitude ||
           cell.neighbour(-1, 0).area().low.longitude > bounds.low.longitude);
}

// Whether nothing of the bounds lies on that side of a cell's area.
bool is_useless(Offset side, const GeoArea& area, const GeoArea& bounds) {
  return (side.north < 0 && area.low.latitude < bounds.low.latitude) ||
         (side.north > 0 && area.high.latitude > bounds.high.latitude) ||
         (side.east < 0 && area.low.longitude < bounds.low.longitude) ||
         (side.east > 0 && area.high.longitude > bounds.high.longitude);
}

}  // namespace

double geo_distance(GeoPoint a, GeoPoint b) {
  const double v = std::sin((radians(b.longitude) - radians(a.longitude)) / 2);
  if (v == 0.0) return latitude_distance(a.latitude, b.latitude);
  const double a_latitude = radians(a.latitude);
  const double b_latitude = radians(b.latitude);
  const double u = std::sin((b_latitude - a_latitude) / 2);
  const double haversine = u * u + std::cos(a_latitude) * std::cos(b_latitude) * v * v;
  return 2.0 * kEarthRadius * std::asin(std::sqrt(haversine));
}

std::optional<double> GeoShape::distance_within(GeoPoint point) const {
  if (kind == Kind::kBox) {
    if (latitude_distance(point.latitude, centre.latitude) > height * metres / 2) return {};
    const GeoPoint beside{centre.longitude, point.latitude};
    if (geo_distance(point, beside) > width * metres / 2) return {};
    return geo_distance(centre, point);
  }
  const double distance = geo_distance(centre, point);
  if (distance > radius * metres) return {};
  return distance;
}

// The longitudes are those of the side that is nearer to its pole, where they reach furthest.
GeoArea GeoShape::bounds() const {
  const bool box = kind == Kind::kBox;
  const double up = metres * (box ? height / 2 : radius);
  const double across = metres * (box ? width / 2 : radius);
  const double rows = degrees(up / kEarthRadius);
  const double widest = centre.latitude < 0 ? centre.latitude - rows : centre.latitude + rows;
  const double columns = degrees(across / kEarthRadius / std::cos(radians(widest)));
  return {{centre.longitude - columns, centre.latitude - rows},
          {centre.longitude + columns, centre.latitude + rows}};
}

// A first guess at the finest step whose nine cells cover the shape. Towards the poles cells are
// narrower.
int GeoShape::covering_step() const {
  constexpr double kHalfEquator = 20037726.37;  // of the Mercator projection, metres
  constexpr double kNarrow = 66;
  constexpr double kNarrower = 80;
  double reach = radius;
  if (kind == Kind::kBox) {
    reach = std::sqrt(width / 2 * (width / 2) + height / 2 * (height / 2));
  }
  reach *= metres;
  if (reach == 0) return GeoCell::kMaxStep;
  int step = -1;
  for (; reach < kHalfEquator; reach *= 2) ++step;
  if (std::fabs(centre.latitude) > kNarrow) --step;
  if (std::fabs(centre.latitude) > kNarrower) --step;
  return std::clamp(step, 1, GeoCell::kMaxStep);
}

std::vector<GeoCell> GeoShape::covering_cells() const {
  const GeoArea wanted = bounds();
  GeoCell middle = GeoCell::around(centre, covering_step());
  if (middle.step > 1 && !neighbours_reach(middle, wanted)) {
    middle = GeoCell::around(centre, middle.step - 1);
  }
  const GeoArea area = middle.area();
  std::vector<GeoCell> cells;
  for (const Offset& side : kSearchOrder) {
    if (middle.step >= 2 && is_useless(side, area, wanted)) continue;
    const GeoCell cell = middle.neighbour(side.east, side.north);
    // Where the world is two cells wide, both neighbours are the same one.
    if (cells.size() > 1 && cell == cells.back()) continue;
    cells.push_back(cell);
  }
  return cells;
}

}  // namespace weir::redis
