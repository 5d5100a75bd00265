// Searching for places in a circle or a box: GEOSEARCH, and GEORADIUS as it was called before. All
// results are copied before the target, which may be the source, is replaced.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "servers/redis/call.h"
#include "servers/redis/commands/geo_arguments.h"
#include "servers/redis/commands/geo_query.h"
#include "servers/redis/commands/groups.h"
#include "servers/redis/types/geohash.h"
#include "servers/redis/types/rank_sort.h"
#include "servers/redis/types/sorted_set.h"

namespace weir::redis::commands {
namespace {

struct Place {
  std::string member;
  double score;
  GeoPoint point;
  double distance;  // metres
};

// Adds what lies in one cell and in the shape, until there are `limit`.
void collect(const GeoQuery& query, const GeoCell& cell, std::size_t limit,
             std::vector<Place>& places) {
  constexpr std::size_t kStretch = 64;  // visited at a time: a visit can't be broken off
  RankRange range = query.source->range(cell.scores());
  for (; range.size() > 0 && places.size() < limit; range.first += kStretch) {
    const RankRange stretch = range.limited(Direction::kForward, 0, kStretch);
    query.source->visit(stretch, Direction::kForward, [&](std::string_view member, double score) {
      if (places.size() == limit) return;
      const GeoPoint point = geo_point(score);
      const auto distance = query.shape.distance_within(point);
      if (distance) places.push_back({std::string(member), score, point, *distance});
    });
  }
}

void sort(std::vector<Place>& places, GeoQuery::Order order, std::size_t count) {
  const int sign = order == GeoQuery::Order::kNearestFirst ? 1 : -1;
  const auto compare = [sign](const Place& a, const Place& b) {
    return a.distance > b.distance ? sign : a.distance == b.distance ? 0 : -sign;
  };
  if (count < places.size()) return sort_ranks(std::span(places), 0, count, compare);
  std::stable_sort(places.begin(), places.end(),
                   [&](const Place& a, const Place& b) { return compare(a, b) < 0; });
}

std::vector<Place> find_places(const GeoQuery& query) {
  std::vector<Place> places;
  if (query.source == nullptr) return places;
  const std::size_t most = query.count != 0 ? query.count : std::numeric_limits<std::size_t>::max();
  const std::size_t limit = query.any ? most : std::numeric_limits<std::size_t>::max();
  for (const GeoCell& cell : query.shape.covering_cells()) {
    if (places.size() >= limit) break;
    collect(query, cell, limit, places);
  }
  const std::size_t count = std::min(most, places.size());
  if (query.order != GeoQuery::Order::kAsFound) sort(places, query.order, count);
  places.erase(places.begin() + static_cast<std::ptrdiff_t>(count), places.end());
  return places;
}

// Whoever made it: one that an integer can't hold becomes the lowest, as on x86-64.
std::int64_t integer_score(double score) {
  constexpr double kEnd = 9223372036854775808.0;  // 2^63
  const bool fits = score >= -kEnd && score < kEnd;
  return fits ? static_cast<std::int64_t>(score) : std::numeric_limits<std::int64_t>::min();
}

void reply_places(Call& call, const GeoQuery& query, const std::vector<Place>& places) {
  const std::size_t parts =
      std::size_t{1} + query.with_distance + query.with_hash + query.with_point;
  call.reply.array(places.size());
  for (const Place& place : places) {
    if (parts > 1) call.reply.array(parts);
    call.reply.bulk(place.member);
    if (query.with_distance) reply_distance(call, place.distance / query.shape.metres);
    if (query.with_hash) call.reply.integer(integer_score(place.score));
    if (query.with_point) reply_point(call, place.point);
  }
}

void store_places(Call& call, const GeoQuery& query, const std::vector<Place>& places) {
  SortedSet result;
  for (const Place& place : places) {
    const double score = query.stores_distance ? place.distance / query.shape.metres : place.score;
    result.set(place.member, score, call.limits());
  }
  const bool is_search = query.form == GeoQuery::Form::kSearchAndStore;
  const KeyEvent event{kSortedSetEvent, is_search ? "geosearchstore" : "georadiusstore"};
  call.reply.integer(
      static_cast<std::int64_t>(call.replace(query.target, event, std::move(result))));
}

template <GeoQuery::Form kForm, bool kMayStore = true>
void search(Call& call) {
  GeoQuery query{.form = kForm, .may_store = kMayStore};
  if (!read_geo_query(call, query)) return;
  const std::vector<Place> places = find_places(query);
  query.target != 0 ? store_places(call, query, places) : reply_places(call, query, places);
}

// The last STORE or STOREDIST behind the arguments at fixed places counts, and it alone.
template <std::size_t kFirstOption>
KeyRange locate_target(std::span<const std::string_view> arguments) {
  KeyRange keys{1, 1, 1};
  for (std::size_t i = kFirstOption; i + 1 < arguments.size(); ++i) {
    if (!equal_names(arguments[i], "store") && !equal_names(arguments[i], "storedist")) continue;
    keys.target = static_cast<int>(++i);
  }
  return keys;
}

using Form = GeoQuery::Form;
constexpr KeyRange kFirst{1, 1, 1};
constexpr KeyRange kTwo{1, 2, 1};
constexpr KeyRange kByPoint{.first = 1, .last = 1, .step = 1, .locate = locate_target<6>};
constexpr KeyRange kByMember{.first = 1, .last = 1, .step = 1, .locate = locate_target<5>};

constexpr Command kRows[] = {
    {"georadius", -6, kWrite | kDenyOom, kByPoint, search<Form::kAroundPoint>, "3.2.0",
     "Finds the places in a circle around a point."},
    {"georadius_ro", -6, kReadonly, kFirst, search<Form::kAroundPoint, false>, "3.2.10",
     "Finds the places in a circle around a point, and stores nothing."},
    {"georadiusbymember", -5, kWrite | kDenyOom, kByMember, search<Form::kAroundMember>, "3.2.0",
     "Finds the places in a circle around a member."},
    {"georadiusbymember_ro", -5, kReadonly, kFirst, search<Form::kAroundMember, false>, "3.2.10",
     "Finds the places in a circle around a member, and stores nothing."},
    {"geosearch", -7, kReadonly, kFirst, search<Form::kSearch>, "6.2.0",
     "Finds the places in a circle or in a box."},
    {"geosearchstore", -8, kWrite | kDenyOom, kTwo, search<Form::kSearchAndStore>, "6.2.0",
     "Stores the places in a circle or in a box."},
};

}  // namespace

const CommandGroup kGeoSearch{"geo", kRows};

}  // namespace weir::redis::commands
