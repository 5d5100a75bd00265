#include "servers/redis/commands/geo_query.h"

#include <string>

#include "servers/redis/commands/geo_arguments.h"
#include "servers/redis/types/sorted_set.h"

namespace weir::redis::commands {
namespace {

using Form = GeoQuery::Form;
using Order = GeoQuery::Order;

class Reader {
 public:
  Reader(Call& call, GeoQuery& query) : call_(call), query_(query) {}

  bool read() {
    SortedSet* source = nullptr;
    if (!call_.read(query_.form == Form::kSearchAndStore ? 2 : 1, source)) return false;
    query_.source = source;
    std::size_t i = 0;
    if (!read_fixed(i)) return false;
    while (i < call_.size()) {
      if (!read_option(i)) return false;
    }
    return check();
  }

 private:
  bool read_fixed(std::size_t& i);
  bool read_option(std::size_t& i);
  bool read_search_option(std::size_t& i);
  bool read_flag(std::size_t i);
  bool read_count(std::size_t i);
  bool read_target(std::size_t& i);
  bool read_member(std::size_t i);
  bool read_circle(std::size_t i);
  bool read_box(std::size_t i);
  bool check();
  bool refuse(const std::string& error) { return call_.error(error), false; }

  Call& call_;
  GeoQuery& query_;
  bool around_point_ = false;
  bool around_member_ = false;
  bool in_circle_ = false;
  bool in_box_ = false;
};

// What stands at fixed places; moves i behind it.
bool Reader::read_fixed(std::size_t& i) {
  switch (query_.form) {
    case Form::kAroundPoint:
      i = 6;
      return read_point(call_, 2, query_.shape.centre) && read_circle(4);
    case Form::kAroundMember:
      i = 5;
      return query_.source == nullptr || (read_member(2) && read_circle(3));
    case Form::kSearch:
      i = 2;
      break;
    case Form::kSearchAndStore:
      i = 3;
      query_.target = 1;
      break;
  }
  return true;
}

// The option at argument i, which it goes behind.
bool Reader::read_option(std::size_t& i) {
  if (read_flag(i)) return ++i, true;
  const bool last = i + 1 == call_.size();
  if (!last && call_.is_option(i, "count")) {
    i += 2;
    return read_count(i - 1);
  }
  if (!last && read_target(i)) return true;
  if (query_.is_search()) return read_search_option(i);
  return call_.syntax_error(), false;
}

// One of the options that say where to search.
bool Reader::read_search_option(std::size_t& i) {
  const std::size_t left = call_.size() - i;
  const std::size_t first = i + 1;
  if (left > 1 && !around_point_ && call_.is_option(i, "frommember")) {
    i += 2;
    around_member_ = true;
    return read_member(first);
  }
  if (left > 2 && !around_member_ && call_.is_option(i, "fromlonlat")) {
    i += 3;
    around_point_ = true;
    return read_point(call_, first, query_.shape.centre);
  }
  if (left > 2 && !in_box_ && call_.is_option(i, "byradius")) {
    i += 3;
    return read_circle(first);
  }
  if (left > 3 && !in_circle_ && call_.is_option(i, "bybox")) {
    i += 4;
    return read_box(first);
  }
  return call_.syntax_error(), false;
}

// Whether argument i is an option without arguments of its own.
bool Reader::read_flag(std::size_t i) {
  if (call_.is_option(i, "withdist")) return query_.with_distance = true;
  if (call_.is_option(i, "withhash")) return query_.with_hash = true;
  if (call_.is_option(i, "withcoord")) return query_.with_point = true;
  if (call_.is_option(i, "any")) return query_.any = true;
  if (query_.form == Form::kSearchAndStore && call_.is_option(i, "storedist")) {
    return query_.stores_distance = true;
  }
  const bool ascending = call_.is_option(i, "asc");
  if (!ascending && !call_.is_option(i, "desc")) return false;
  query_.order = ascending ? Order::kNearestFirst : Order::kFurthestFirst;
  return true;
}

bool Reader::read_count(std::size_t i) {
  std::int64_t count = 0;
  if (!call_.integer(i, count)) return false;
  if (count <= 0) return refuse("ERR COUNT must be > 0");
  query_.count = static_cast<std::size_t>(count);
  return true;
}

// Whether argument i and the next say where to store; goes behind them then.
bool Reader::read_target(std::size_t& i) {
  if (query_.is_search() || !query_.may_store) return false;
  const bool distance = call_.is_option(i, "storedist");
  if (!distance && !call_.is_option(i, "store")) return false;
  query_.stores_distance = distance;
  query_.target = i + 1;
  i += 2;
  return true;
}

bool Reader::read_member(std::size_t i) {
  if (query_.source == nullptr) return true;
  const auto score = query_.source->score(call_.argument(i));
  if (!score) return refuse("ERR could not decode requested zset member");
  query_.shape.centre = geo_point(*score);
  return true;
}

bool Reader::read_circle(std::size_t i) {
  GeoShape& shape = query_.shape;
  in_circle_ = true;
  shape.kind = GeoShape::Kind::kCircle;
  if (!read_length(call_, i, "radius", shape.radius)) return false;
  if (shape.radius < 0) return refuse("ERR radius cannot be negative");
  return read_unit(call_, i + 1, shape.metres);
}

bool Reader::read_box(std::size_t i) {
  GeoShape& shape = query_.shape;
  in_box_ = true;
  shape.kind = GeoShape::Kind::kBox;
  if (!read_length(call_, i, "width", shape.width)) return false;
  if (!read_length(call_, i + 1, "height", shape.height)) return false;
  if (shape.width < 0 || shape.height < 0) {
    return refuse("ERR height or width cannot be negative");
  }
  return read_unit(call_, i + 2, shape.metres);
}

// Whether the options fit each other.
bool Reader::check() {
  const std::string name(call_.argument(0));  // as the client wrote it
  if (query_.target != 0 && (query_.with_distance || query_.with_hash || query_.with_point)) {
    const std::string what = query_.is_search() ? "GEOSEARCHSTORE" : "STORE option in GEORADIUS";
    return refuse("ERR " + what +
                  " is not compatible with WITHDIST, WITHHASH and WITHCOORD options");
  }
  if (query_.is_search() && !around_member_ && !around_point_) {
    return refuse("ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for " + name);
  }
  if (query_.is_search() && !in_circle_ && !in_box_) {
    return refuse("ERR exactly one of BYRADIUS and BYBOX can be specified for " + name);
  }
  if (query_.any && query_.count == 0) {
    return refuse("ERR the ANY argument requires COUNT argument");
  }
  return true;
}

}  // namespace

bool read_geo_query(Call& call, GeoQuery& query) {
  if (!Reader(call, query).read()) return false;
  // Some of the nearest ones: those are known when all are sorted.
  const bool nearest = query.count != 0 && !query.any;
  if (nearest && query.order == Order::kAsFound) query.order = Order::kNearestFirst;
  return true;
}

}  // namespace weir::redis::commands
