// Sorted sets by their members: adding, removing, scores, ranks, popping. What names a stretch of
// the order is in sorted_set_range.cc, sampling and scanning are in sorted_set_sample.cc.
#include "servers/redis/types/sorted_set.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "servers/redis/call.h"
#include "servers/redis/commands/arguments.h"
#include "servers/redis/commands/groups.h"
#include "servers/redis/commands/score_reply.h"
#include "servers/redis/types/score.h"

namespace weir::redis::commands {
namespace {

// ZADD's options.
struct AddOptions {
  bool only_absent = false;    // NX
  bool only_present = false;   // XX
  bool only_greater = false;   // GT
  bool only_less = false;      // LT
  bool count_changes = false;  // CH
  bool increment = false;      // INCR

  bool unconditional() const {
    return !only_absent && !only_present && !only_greater && !only_less;
  }

  // Takes `text` as one of the options; false when it is none.
  bool take(std::string_view text) {
    for (const auto& [name, flag] : {std::pair{"nx", &only_absent},
                                     {"xx", &only_present},
                                     {"gt", &only_greater},
                                     {"lt", &only_less},
                                     {"ch", &count_changes},
                                     {"incr", &increment}}) {
      if (equal_names(text, name)) return *flag = true;
    }
    return false;
  }
};

// Everything of a ZADD that can be wrong by itself; `first` is where the scores begin. False, with
// the error replied.
bool check_additions(Call& call, const AddOptions& options, std::size_t first) {
  const std::size_t count = call.size() - first;
  if (count == 0 || count % 2 != 0) return call.syntax_error(), false;
  if (options.only_absent && options.only_present) {
    call.error("ERR XX and NX options at the same time are not compatible");
    return false;
  }
  if (options.only_absent + options.only_greater + options.only_less > 1) {
    call.error("ERR GT, LT, and/or NX options at the same time are not compatible");
    return false;
  }
  if (options.increment && count > 2) {
    call.error("ERR INCR option supports a single increment-element pair");
    return false;
  }
  for (std::size_t i = first; i < call.size(); i += 2) {
    if (parse_score(call.argument(i))) continue;
    call.error("ERR value is not a valid float");
    return false;
  }
  return true;
}

// The score that the member is to get; nothing when the options forbid the change. NaN when an
// increment has no result.
std::optional<double> new_score(const AddOptions& options, std::optional<double> current,
                                double score) {
  if (current ? options.only_absent : options.only_present) return std::nullopt;
  if (!current) return score;
  if (options.increment) score += *current;
  if (options.only_greater && score <= *current) return std::nullopt;
  if (options.only_less && score >= *current) return std::nullopt;
  return score;
}

// ZADD ... INCR and ZINCRBY.
void increment_score(Call& call, SortedSet& set, const AddOptions& options, std::size_t i) {
  const std::string_view member = call.argument(i + 1);
  const auto score = new_score(options, set.score(member), *parse_score(call.argument(i)));
  if (!score) return call.reply.null();
  if (std::isnan(*score)) return call.error("ERR resulting score is not a number (NaN)");
  if (set.set(member, *score, call.limits()) != SortedSet::Change::kUnchanged) {
    call.changed(1, {kSortedSetEvent, "zincr"});
  }
  reply_score(call, *score);
}

void set_scores(Call& call, SortedSet& set, const AddOptions& options, std::size_t first) {
  std::int64_t added = 0;
  std::int64_t updated = 0;
  for (std::size_t i = first; i < call.size(); i += 2) {
    const std::string_view member = call.argument(i + 1);
    std::optional<double> score = parse_score(call.argument(i));
    if (!options.unconditional()) score = new_score(options, set.score(member), *score);
    if (!score) continue;
    const SortedSet::Change change = set.set(member, *score, call.limits());
    added += change == SortedSet::Change::kAdded ? 1 : 0;
    updated += change == SortedSet::Change::kUpdated ? 1 : 0;
  }
  if (added + updated > 0) call.changed(1, {kSortedSetEvent, "zadd"});
  call.reply.integer(options.count_changes ? added + updated : added);
}

// A key that is absent always gets a member, unless XX says that nothing may be added.
void add(Call& call, AddOptions options) {
  std::size_t first = 2;
  while (first < call.size() && options.take(call.argument(first))) ++first;
  if (!check_additions(call, options, first)) return;
  SortedSet* set = nullptr;
  if (!call.find(1, set)) return;
  if (set == nullptr && options.only_present) {
    return options.increment ? call.reply.null() : call.reply.integer(0);
  }
  if (set == nullptr) set = call.create<SortedSet>(1);
  if (options.increment) return increment_score(call, *set, options, first);
  set_scores(call, *set, options, first);
}

void zadd(Call& call) { add(call, {}); }
void zincrby(Call& call) { add(call, {.increment = true}); }

void zrem(Call& call) {
  SortedSet* set = nullptr;
  if (!call.find(1, set)) return;
  std::int64_t removed = 0;
  for (std::size_t i = 2; set != nullptr && i < call.size(); ++i) {
    removed += set->erase(call.argument(i)) ? 1 : 0;
  }
  if (removed > 0) call.changed(1, {kSortedSetEvent, "zrem"}, *set);
  call.reply.integer(removed);
}

void zcard(Call& call) {
  SortedSet* set = nullptr;
  if (!call.read(1, set)) return;
  call.reply.integer(set == nullptr ? 0 : static_cast<std::int64_t>(set->size()));
}

void reply_score_of(Call& call, const SortedSet* set, std::string_view member) {
  const std::optional<double> score = set == nullptr ? std::nullopt : set->score(member);
  score ? reply_score(call, *score) : call.reply.null();
}

void zscore(Call& call) {
  SortedSet* set = nullptr;
  if (call.read(1, set)) reply_score_of(call, set, call.argument(2));
}

void zmscore(Call& call) {
  SortedSet* set = nullptr;
  if (!call.read(1, set)) return;
  call.reply.array(call.size() - 2);
  for (std::size_t i = 2; i < call.size(); ++i) reply_score_of(call, set, call.argument(i));
}

void reply_rank(Call& call, Direction direction) {
  SortedSet* set = nullptr;
  if (!call.read(1, set)) return;
  const auto rank = set == nullptr ? std::nullopt : set->rank(call.argument(2), direction);
  rank ? call.reply.integer(static_cast<std::int64_t>(*rank)) : call.reply.null();
}

void zrank(Call& call) { reply_rank(call, Direction::kForward); }
void zrevrank(Call& call) { reply_rank(call, Direction::kBackward); }

constexpr Command kRows[] = {
    {"zadd",
     -4,
     kWrite | kDenyOom | kFast,
     {1, 1, 1},
     zadd,
     "1.2.0",
     "Sets the scores of members, adding those that are absent."},
    {"zcard", 2, kReadonly | kFast, {1, 1, 1}, zcard, "1.2.0", "Counts the members."},
    {"zincrby",
     4,
     kWrite | kDenyOom | kFast,
     {1, 1, 1},
     zincrby,
     "1.2.0",
     "Adds to the score of a member."},
    {"zmscore",
     -3,
     kReadonly | kFast,
     {1, 1, 1},
     zmscore,
     "6.2.0",
     "Returns the scores of members."},
    {"zrank",
     3,
     kReadonly | kFast,
     {1, 1, 1},
     zrank,
     "2.0.0",
     "Returns the rank of a member, from the lowest score."},
    {"zrem", -3, kWrite | kFast, {1, 1, 1}, zrem, "1.2.0", "Removes members."},
    {"zrevrank",
     3,
     kReadonly | kFast,
     {1, 1, 1},
     zrevrank,
     "2.0.0",
     "Returns the rank of a member, from the highest score."},
    {"zscore", 3, kReadonly | kFast, {1, 1, 1}, zscore, "1.2.0", "Returns the score of a member."},
};

}  // namespace

const CommandGroup kSortedSet{"sorted-set", kRows};

}  // namespace weir::redis::commands
