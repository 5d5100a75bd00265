// Places: sorted sets whose scores are the geohash cells of their members. Searching for them is in
// geo_search.cc.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "servers/redis/call.h"
#include "servers/redis/commands/geo_arguments.h"
#include "servers/redis/commands/groups.h"
#include "servers/redis/types/geo_shape.h"
#include "servers/redis/types/geohash.h"
#include "servers/redis/types/sorted_set.h"

namespace weir::redis::commands {
namespace {

struct AddOptions {
  bool only_absent = false;    // NX
  bool only_present = false;   // XX
  bool count_changes = false;  // CH

  // Takes argument i as one of the options; false when it is none.
  bool take(const Call& call, std::size_t i) {
    if (call.is_option(i, "nx")) return only_absent = true;
    if (call.is_option(i, "xx")) return only_present = true;
    if (call.is_option(i, "ch")) return count_changes = true;
    return false;
  }
};

constexpr std::size_t kPlaceSize = 3;  // longitude, latitude, member

// The scores of the places from argument `first` on. False, with the error replied.
bool read_scores(Call& call, std::size_t first, std::vector<double>& scores) {
  for (std::size_t i = first; i < call.size(); i += kPlaceSize) {
    GeoPoint point;
    if (!read_point(call, i, point)) return false;
    scores.push_back(geo_score(point));
  }
  return true;
}

void geoadd(Call& call) {
  AddOptions options;
  std::size_t first = 2;
  while (first < call.size() && options.take(call, first)) ++first;
  const std::size_t words = call.size() - first;
  if (words % kPlaceSize != 0 || words == 0 || (options.only_absent && options.only_present)) {
    return call.syntax_error();
  }
  std::vector<double> scores;
  if (!read_scores(call, first, scores)) return;
  SortedSet* set = nullptr;
  if (!call.find(1, set)) return;
  if (set == nullptr && options.only_present) return call.reply.integer(0);
  if (set == nullptr) set = call.create<SortedSet>(1);
  std::int64_t added = 0;
  std::int64_t updated = 0;
  for (std::size_t place = 0; place < scores.size(); ++place) {
    const std::string_view member = call.argument(first + place * kPlaceSize + 2);
    const bool present = set->score(member).has_value();
    if (present ? options.only_absent : options.only_present) continue;
    const SortedSet::Change change = set->set(member, scores[place], call.limits());
    added += change == SortedSet::Change::kAdded ? 1 : 0;
    updated += change == SortedSet::Change::kUpdated ? 1 : 0;
  }
  if (added + updated > 0) call.changed(1, {kSortedSetEvent, "zadd"});
  call.reply.integer(options.count_changes ? added + updated : added);
}

std::optional<GeoPoint> find_point(const SortedSet* set, std::string_view member) {
  const auto score = set == nullptr ? std::nullopt : set->score(member);
  return score ? std::optional(geo_point(*score)) : std::nullopt;
}

void geodist(Call& call) {
  double metres = 1;
  if (call.size() > 5) return call.syntax_error();
  if (call.size() == 5 && !read_unit(call, 4, metres)) return;
  SortedSet* set = nullptr;
  if (!call.read(1, set)) return;
  const auto from = find_point(set, call.argument(2));
  const auto to = find_point(set, call.argument(3));
  if (!from || !to) return call.reply.null();
  reply_distance(call, geo_distance(*from, *to) / metres);
}

void geohash(Call& call) {
  SortedSet* set = nullptr;
  if (!call.read(1, set)) return;
  call.reply.array(call.size() - 2);
  for (std::size_t i = 2; i < call.size(); ++i) {
    const auto point = find_point(set, call.argument(i));
    GeohashText text;
    point ? call.reply.bulk(text.format(*point)) : call.reply.null();
  }
}

void geopos(Call& call) {
  SortedSet* set = nullptr;
  if (!call.read(1, set)) return;
  call.reply.array(call.size() - 2);
  for (std::size_t i = 2; i < call.size(); ++i) {
    const auto point = find_point(set, call.argument(i));
    point ? reply_point(call, *point) : call.reply.null_array();
  }
}

constexpr KeyRange kFirst{1, 1, 1};

constexpr Command kRows[] = {
    {"geoadd", -5, kWrite | kDenyOom, kFirst, geoadd, "3.2.0", "Adds places, or moves them."},
    {"geodist", -4, kReadonly, kFirst, geodist, "3.2.0",
     "Returns the distance between two places."},
    {"geohash", -2, kReadonly, kFirst, geohash, "3.2.0", "Returns the geohashes of places."},
    {"geopos", -2, kReadonly, kFirst, geopos, "3.2.0",
     "Returns the longitudes and latitudes of places."},
};

}  // namespace

const CommandGroup kGeo{"geo", kRows};

}  // namespace weir::redis::commands
