// Intersection, union and difference of sets, replied or stored. An absent key is an empty set. All
// sources are checked before anything is computed, and the result is complete before the
// destination, which may be one of the sources, is replaced.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "servers/redis/call.h"
#include "servers/redis/commands/arguments.h"
#include "servers/redis/commands/collected_elements.h"
#include "servers/redis/commands/groups.h"
#include "servers/redis/types/set.h"

namespace weir::redis::commands {
namespace {

// One per key, in the order of the keys; nullptr where the key is absent.
using Sources = std::vector<const Set*>;

// The sets that the arguments from `first` to `end` name; false, with the error replied, when one
// of them is something else.
bool read_sources(Call& call, std::size_t first, std::size_t end, Sources& sources) {
  for (std::size_t i = first; i < end; ++i) {
    Set* set = nullptr;
    if (!call.read(i, set)) return false;
    sources.push_back(set);
  }
  return true;
}

bool read_sources(Call& call, std::size_t first, Sources& sources) {
  return read_sources(call, first, call.size(), sources);
}

bool contained_in_any(const Sources& sources, std::size_t first, std::string_view member) {
  return std::any_of(sources.begin() + static_cast<std::ptrdiff_t>(first), sources.end(),
                     [member](const Set* set) { return set != nullptr && set->contains(member); });
}

bool contained_in_all(const Sources& sources, std::size_t first, std::string_view member) {
  return std::all_of(sources.begin() + static_cast<std::ptrdiff_t>(first), sources.end(),
                     [member](const Set* set) { return set->contains(member); });
}

// Each operation calls emit(member) for every member of its result; unite() may call it more than
// once for the same member.

template <class Emit>
void intersect(Sources sources, Emit&& emit) {
  if (std::count(sources.begin(), sources.end(), nullptr) > 0) return;
  // Walks the smallest set and asks the next smallest first, which refuses soonest.
  std::sort(sources.begin(), sources.end(),
            [](const Set* a, const Set* b) { return a->size() < b->size(); });
  sources[0]->for_each([&](std::string_view member) {
    if (contained_in_all(sources, 1, member)) emit(member);
  });
}

template <class Emit>
void subtract(const Sources& sources, Emit&& emit) {
  if (sources[0] == nullptr) return;
  sources[0]->for_each([&](std::string_view member) {
    if (!contained_in_any(sources, 1, member)) emit(member);
  });
}

template <class Emit>
void unite(const Sources& sources, Emit&& emit) {
  for (const Set* set : sources) {
    if (set != nullptr) set->for_each(emit);
  }
}

// Stores the result under the first key and replies its size. An empty one removes the key.
void store(Call& call, std::string_view event, Set result) {
  const std::size_t size = call.replace(1, {kSetEvent, event}, std::move(result));
  call.reply.integer(static_cast<std::int64_t>(size));
}

void sinter(Call& call) {
  Sources sources;
  if (!read_sources(call, 1, sources)) return;
  CollectedElements members(call.reply.protocol());
  intersect(std::move(sources), [&](std::string_view member) { members.next().bulk(member); });
  call.reply.set(members.count());
  call.reply.raw(members.bytes());
}

void sinterstore(Call& call) {
  Sources sources;
  if (!read_sources(call, 2, sources)) return;
  Set result;
  intersect(std::move(sources),
            [&](std::string_view member) { result.add(member, call.limits()); });
  store(call, "sinterstore", std::move(result));
}

// LIMIT of a cardinality, at argument i and behind it; 0 is none.
bool read_limit(Call& call, std::size_t i, std::int64_t& limit) {
  for (; i < call.size(); i += 2) {
    if (!call.is_option(i, "limit") || i + 1 == call.size()) return call.syntax_error(), false;
    if (!read_count(call, i + 1, limit, "ERR LIMIT can't be negative")) return false;
  }
  return true;
}

void sintercard(Call& call) {
  constexpr std::size_t kFirstKey = 2;
  const std::size_t behind = skip_counted_keys(call, kFirstKey);
  if (behind == 0) return;
  if (behind > call.size()) {
    return call.error("ERR Number of keys can't be greater than number of args");
  }
  std::int64_t limit = 0;
  Sources sources;
  if (!read_limit(call, behind, limit) || !read_sources(call, kFirstKey, behind, sources)) return;
  std::int64_t count = 0;
  intersect(std::move(sources), [&](std::string_view) { ++count; });
  call.reply.integer(limit > 0 ? std::min(count, limit) : count);
}

void sdiff(Call& call) {
  Sources sources;
  if (!read_sources(call, 1, sources)) return;
  CollectedElements members(call.reply.protocol());
  subtract(sources, [&](std::string_view member) { members.next().bulk(member); });
  call.reply.set(members.count());
  call.reply.raw(members.bytes());
}

void sdiffstore(Call& call) {
  Sources sources;
  if (!read_sources(call, 2, sources)) return;
  Set result;
  subtract(sources, [&](std::string_view member) { result.add(member, call.limits()); });
  store(call, "sdiffstore", std::move(result));
}

void sunion(Call& call) {
  Sources sources;
  if (!read_sources(call, 1, sources)) return;
  Set result;
  unite(sources, [&](std::string_view member) { result.add(member, call.limits()); });
  call.reply.set(result.size());
  result.for_each([&](std::string_view member) { call.reply.bulk(member); });
}

void sunionstore(Call& call) {
  Sources sources;
  if (!read_sources(call, 2, sources)) return;
  Set result;
  unite(sources, [&](std::string_view member) { result.add(member, call.limits()); });
  store(call, "sunionstore", std::move(result));
}

constexpr std::uint32_t kStore = kWrite | kDenyOom;
constexpr KeyRange kAll{1, -1, 1};
constexpr KeyRange kCounted{.first = 2, .count_at = 1};

constexpr Command kRows[] = {
    {"sinter", -2, kReadonly, kAll, sinter, "1.0.0", "Returns the members that all sets share."},
    {"sintercard", -3, kReadonly, kCounted, sintercard, "7.0.0",
     "Counts the members that all sets share."},
    {"sinterstore", -3, kStore, kAll, sinterstore, "1.0.0",
     "Stores the members that all sets share."},
    {"sunion", -2, kReadonly, kAll, sunion, "1.0.0", "Returns the members of all sets."},
    {"sunionstore", -3, kStore, kAll, sunionstore, "1.0.0", "Stores the members of all sets."},
    {"sdiff", -2, kReadonly, kAll, sdiff, "1.0.0",
     "Returns the members of the first set that no other set has."},
    {"sdiffstore", -3, kStore, kAll, sdiffstore, "1.0.0",
     "Stores the members of the first set that no other set has."},
};

}  // namespace

const CommandGroup kSetAlgebra{"set", kRows};

}  // namespace weir::redis::commands
