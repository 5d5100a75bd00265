// Stretches of a sorted set, named by rank, by score or by member: returning, storing, counting and
// removing them. All of them become a RankRange of the set first.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "servers/redis/call.h"
#include "servers/redis/commands/groups.h"
#include "servers/redis/commands/score_reply.h"
#include "servers/redis/types/score.h"
#include "servers/redis/types/sorted_range.h"
#include "servers/redis/types/sorted_set.h"

namespace weir::redis::commands {
namespace {

enum class RangeBy { kRank, kScore, kMember };

// The two ends of a stretch as a request gives them.
struct RangeBounds {
  RangeBy by = RangeBy::kRank;
  std::int64_t first = 0;  // ranks, in the direction of the walk, negative from its end
  std::int64_t last = 0;
  ScoreRange scores = {};
  LexRange members = {};

  // Reads arguments `min` and `max`; false, with the error replied, when they are no such bounds.
  bool parse(Call& call, std::size_t min, std::size_t max);
  RankRange ranks(const SortedSet& set, Direction direction) const;
};

bool RangeBounds::parse(Call& call, std::size_t min, std::size_t max) {
  if (by == RangeBy::kRank) return call.integer(min, first) && call.integer(max, last);
  if (by == RangeBy::kScore) {
    const auto low = parse_score_bound(call.argument(min));
    const auto high = parse_score_bound(call.argument(max));
    if (!low || !high) return call.error("ERR min or max is not a float"), false;
    scores = {*low, *high};
    return true;
  }
  const auto low = LexBound::parse(call.argument(min));
  const auto high = LexBound::parse(call.argument(max));
  if (!low || !high) return call.error("ERR min or max not valid string range item"), false;
  members = {*low, *high};
  return true;
}

RankRange RangeBounds::ranks(const SortedSet& set, Direction direction) const {
  if (by == RangeBy::kScore) return set.range(scores);
  if (by == RangeBy::kMember) return set.range(members);
  const auto size = static_cast<std::int64_t>(set.size());
  const std::int64_t from = std::max<std::int64_t>(first < 0 ? first + size : first, 0);
  const std::int64_t to = std::min(last < 0 ? last + size : last, size - 1);
  if (from > to) return {};
  const auto begin = static_cast<std::size_t>(from);
  const auto end = static_cast<std::size_t>(to) + 1;
  if (direction == Direction::kForward) return {begin, end};
  return {set.size() - end, set.size() - begin};
}

// What ZRANGE and its older relatives ask for.
struct RangeRequest {
  std::optional<RangeBy> by = {};           // empty: BYSCORE or BYLEX may say it
  std::optional<Direction> direction = {};  // empty: REV may say it
  bool may_take_scores = true;              // WITHSCORES is an option
  bool with_scores = false;
  std::int64_t offset = 0;
  std::int64_t count = -1;
  RangeBounds bounds = {};

  // Reads bounds and options, the bounds being arguments `min` and `min + 1`; false, with the error
  // replied.
  bool parse(Call& call, std::size_t min);
  RankRange ranks(const SortedSet& set) const;

 private:
  bool parse_option(Call& call, std::size_t& i);
  bool check_options(Call& call) const;
};

// Leaves `i` at the option's last argument.
bool RangeRequest::parse_option(Call& call, std::size_t& i) {
  if (may_take_scores && call.is_option(i, "withscores")) return with_scores = true;
  if (call.is_option(i, "limit") && call.size() - i > 2) {
    i += 2;
    return call.integer(i - 1, offset) && call.integer(i, count);
  }
  if (!direction && call.is_option(i, "rev")) return direction = Direction::kBackward, true;
  if (!by && call.is_option(i, "bylex")) return by = RangeBy::kMember, true;
  if (!by && call.is_option(i, "byscore")) return by = RangeBy::kScore, true;
  return call.syntax_error(), false;
}

bool RangeRequest::check_options(Call& call) const {
  if (count != -1 && by == RangeBy::kRank) {
    call.error(
        "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX");
    return false;
  }
  if (with_scores && by == RangeBy::kMember) {
    call.error("ERR syntax error, WITHSCORES not supported in combination with BYLEX");
    return false;
  }
  return true;
}

bool RangeRequest::parse(Call& call, std::size_t min) {
  for (std::size_t i = min + 2; i < call.size(); ++i) {
    if (!parse_option(call, i)) return false;
  }
  by = by.value_or(RangeBy::kRank);
  direction = direction.value_or(Direction::kForward);
  if (!check_options(call)) return false;
  bounds.by = *by;
  // A walk from the high end names the high bound first; ranks count along the walk anyway.
  const bool swapped = by != RangeBy::kRank && direction == Direction::kBackward;
  return swapped ? bounds.parse(call, min + 1, min) : bounds.parse(call, min, min + 1);
}

RankRange RangeRequest::ranks(const SortedSet& set) const {
  const RankRange range = bounds.ranks(set, *direction);
  if (by == RangeBy::kRank) return range;
  if (offset < 0) return {};
  const std::size_t most = count < 0 ? set.size() : static_cast<std::size_t>(count);
  return range.limited(*direction, static_cast<std::size_t>(offset), most);
}

void reply_range(Call& call, RangeRequest request) {
  SortedSet* set = nullptr;
  if (!request.parse(call, 2) || !call.read(1, set)) return;
  if (set == nullptr) return call.reply.array(0);
  reply_members(call, *set, request.ranks(*set), *request.direction, request.with_scores);
}

void zrange(Call& call) { reply_range(call, {}); }
void zrevrange(Call& call) { reply_range(call, {RangeBy::kRank, Direction::kBackward}); }
void zrangebyscore(Call& call) { reply_range(call, {RangeBy::kScore, Direction::kForward}); }
void zrevrangebyscore(Call& call) { reply_range(call, {RangeBy::kScore, Direction::kBackward}); }
void zrangebylex(Call& call) { reply_range(call, {RangeBy::kMember, Direction::kForward}); }
void zrevrangebylex(Call& call) { reply_range(call, {RangeBy::kMember, Direction::kBackward}); }

// The destination is replaced whatever it was; it may be the source, hence the copy before.
void zrangestore(Call& call) {
  RangeRequest request{.may_take_scores = false};
  SortedSet* source = nullptr;
  if (!request.parse(call, 3) || !call.read(2, source)) return;
  SortedSet stored;
  if (source != nullptr) {
    source->visit(
        request.ranks(*source), *request.direction,
        [&](std::string_view member, double score) { stored.set(member, score, call.limits()); });
  }
  const KeyEvent event{kSortedSetEvent, "zrangestore"};
  call.reply.integer(static_cast<std::int64_t>(call.replace(1, event, std::move(stored))));
}

void count_range(Call& call, RangeBy by) {
  RangeBounds bounds{.by = by};
  SortedSet* set = nullptr;
  if (!bounds.parse(call, 2, 3) || !call.read(1, set)) return;
  const std::size_t count = set == nullptr ? 0 : bounds.ranks(*set, Direction::kForward).size();
  call.reply.integer(static_cast<std::int64_t>(count));
}

void zcount(Call& call) { count_range(call, RangeBy::kScore); }
void zlexcount(Call& call) { count_range(call, RangeBy::kMember); }

void remove_range(Call& call, RangeBy by, std::string_view event) {
  RangeBounds bounds{.by = by};
  SortedSet* set = nullptr;
  if (!bounds.parse(call, 2, 3) || !call.find(1, set)) return;
  const RankRange range = set == nullptr ? RankRange{} : bounds.ranks(*set, Direction::kForward);
  if (range.size() > 0) {
    set->erase(range);
    call.changed(1, {kSortedSetEvent, event}, *set);
  }
  call.reply.integer(static_cast<std::int64_t>(range.size()));
}

void zremrangebyrank(Call& call) { remove_range(call, RangeBy::kRank, "zremrangebyrank"); }
void zremrangebyscore(Call& call) { remove_range(call, RangeBy::kScore, "zremrangebyscore"); }
void zremrangebylex(Call& call) { remove_range(call, RangeBy::kMember, "zremrangebylex"); }

constexpr Command kRows[] = {
    {"zcount",
     4,
     kReadonly | kFast,
     {1, 1, 1},
     zcount,
     "2.0.0",
     "Counts the members within a range of scores."},
    {"zlexcount",
     4,
     kReadonly | kFast,
     {1, 1, 1},
     zlexcount,
     "2.8.9",
     "Counts the members within a range of members."},
    {"zrange",
     -4,
     kReadonly,
     {1, 1, 1},
     zrange,
     "1.2.0",
     "Returns the members within a range of ranks, scores or members."},
    {"zrangebylex",
     -4,
     kReadonly,
     {1, 1, 1},
     zrangebylex,
     "2.8.9",
     "Returns the members within a range of members."},
    {"zrangebyscore",
     -4,
     kReadonly,
     {1, 1, 1},
     zrangebyscore,
     "1.0.5",
     "Returns the members within a range of scores."},
    {"zrangestore",
     -5,
     kWrite | kDenyOom,
     {1, 2, 1},
     zrangestore,
     "6.2.0",
     "Stores the members within a range under another key."},
    {"zremrangebylex",
     4,
     kWrite,
     {1, 1, 1},
     zremrangebylex,
     "2.8.9",
     "Removes the members within a range of members."},
    {"zremrangebyrank",
     4,
     kWrite,
     {1, 1, 1},
     zremrangebyrank,
     "2.0.0",
     "Removes the members within a range of ranks."},
    {"zremrangebyscore",
     4,
     kWrite,
     {1, 1, 1},
     zremrangebyscore,
     "1.2.0",
     "Removes the members within a range of scores."},
    {"zrevrange",
     -4,
     kReadonly,
     {1, 1, 1},
     zrevrange,
     "1.2.0",
     "Returns the members within a range of ranks, from the highest score."},
    {"zrevrangebylex",
     -4,
     kReadonly,
     {1, 1, 1},
     zrevrangebylex,
     "2.8.9",
     "Returns the members within a range of members, from the highest."},
    {"zrevrangebyscore",
     -4,
     kReadonly,
     {1, 1, 1},
     zrevrangebyscore,
     "2.2.0",
     "Returns the members within a range of scores, from the highest."},
};

}  // namespace

const CommandGroup kSortedSetRange{"sorted-set", kRows};

}  // namespace weir::redis::commands
