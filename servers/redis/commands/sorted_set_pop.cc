// Commands that take the members with the lowest or the highest scores, at once or as soon as there
// are any.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "servers/redis/call.h"
#include "servers/redis/commands/arguments.h"
#include "servers/redis/commands/groups.h"
#include "servers/redis/commands/score_reply.h"
#include "servers/redis/types/sorted_set.h"

namespace weir::redis::commands {
namespace {

constexpr KeyEvent pop_event(Direction from) {
  return {kSortedSetEvent, from == Direction::kForward ? "zpopmin" : "zpopmax"};
}

// Takes `count` members out, and replies them, each as an array of two where `nested`. REQUIRES:
// there are so many.
void reply_popped(Call& call, SortedSet& set, Direction from, std::size_t count, bool nested) {
  for (std::size_t i = 0; i < count; ++i) {
    set.pop(from, [&](std::string_view member, double score) {
      if (nested) call.reply.array(2);
      call.reply.bulk(member);
      reply_score(call, score);
    });
  }
}

// One member is a flat pair in RESP3 too: only a count makes pairs of it.
template <Direction kFrom>
void pop(Call& call) {
  if (call.size() > 3) return call.syntax_error();
  const bool counted = call.size() == 3;
  std::int64_t wanted = 1;
  if (counted && !read_count(call, 2, wanted)) return;
  SortedSet* set = nullptr;
  if (!call.find(1, set)) return;
  if (set == nullptr || wanted == 0) return call.reply.array(0);
  const std::size_t count = std::min(static_cast<std::size_t>(wanted), set->size());
  const bool nested = counted && nests_pairs(call);
  call.reply.array(nested ? count : 2 * count);
  reply_popped(call, *set, kFrom, count, nested);
  call.changed(1, pop_event(kFrom), *set);
}

template <Direction kFrom>
void pop_awaited(Call& call) {
  const std::size_t last = call.size() - 1;
  std::int64_t timeout_ms = 0;
  if (!read_timeout(call, last, timeout_ms)) return;
  for (std::size_t i = 1; i < last; ++i) {
    SortedSet* set = nullptr;
    if (!call.find_awaited(i, set)) return;
    if (set == nullptr) continue;
    call.reply.array(3);
    call.reply.bulk(call.argument(i));
    reply_popped(call, *set, kFrom, 1, false);
    return call.changed(i, pop_event(kFrom), *set);
  }
  if (!call.wait_for_keys({.first = 1, .end = last, .timeout_ms = timeout_ms}))
    call.reply.null_array();
}

// numkeys key ... MIN|MAX [COUNT count], read.
struct PopFromMany {
  std::size_t first;
  std::size_t end = 0;
  Direction from = Direction::kForward;
  std::int64_t wanted = 1;
};

bool read_pop(Call& call, PopFromMany& pop) {
  pop.end = skip_counted_keys(call, pop.first);
  if (pop.end == 0) return false;
  const bool lowest = pop.end < call.size() && call.is_option(pop.end, "min");
  const bool highest = pop.end < call.size() && call.is_option(pop.end, "max");
  if (!lowest && !highest) {
    call.syntax_error();
    return false;
  }
  pop.from = lowest ? Direction::kForward : Direction::kBackward;
  return read_pop_count(call, pop.end + 1, pop.wanted);
}

// Pops from the first of the sorted sets that is there, and replies its key with the pairs. False
// when none is.
bool pop_from_many(Call& call, const PopFromMany& pop) {
  for (std::size_t i = pop.first; i < pop.end; ++i) {
    SortedSet* set = nullptr;
    if (!call.find_awaited(i, set)) return true;
    if (set == nullptr) continue;
    const std::size_t count = std::min(static_cast<std::size_t>(pop.wanted), set->size());
    call.reply.array(2);
    call.reply.bulk(call.argument(i));
    call.reply.array(count);
    reply_popped(call, *set, pop.from, count, true);
    call.changed(i, pop_event(pop.from), *set);
    return true;
  }
  return false;
}

void zmpop(Call& call) {
  PopFromMany pop{.first = 2};
  if (read_pop(call, pop) && !pop_from_many(call, pop)) call.reply.null_array();
}

void bzmpop(Call& call) {
  PopFromMany pop{.first = 3};
  std::int64_t timeout_ms = 0;
  if (!read_pop(call, pop) || !read_timeout(call, 1, timeout_ms)) return;
  if (pop_from_many(call, pop)) return;
  if (!call.wait_for_keys({.first = pop.first, .end = pop.end, .timeout_ms = timeout_ms}))
    call.reply.null_array();
}

constexpr KeyRange kFirst{1, 1, 1};
constexpr KeyRange kAllButLast{1, -2, 1};
constexpr std::uint32_t kAwaits = kWrite | kNoScript | kFast | kBlocking;

constexpr Command kRows[] = {
    {"bzmpop",
     -5,
     kWrite | kBlocking,
     {.first = 3, .count_at = 2},
     bzmpop,
     "7.0.0",
     "Removes and returns members of the first sorted set that is there, or waits for one."},
    {"bzpopmax", -3, kAwaits, kAllButLast, pop_awaited<Direction::kBackward>, "5.0.0",
     "Removes and returns the member with the highest score, or waits for one."},
    {"bzpopmin", -3, kAwaits, kAllButLast, pop_awaited<Direction::kForward>, "5.0.0",
     "Removes and returns the member with the lowest score, or waits for one."},
    {"zmpop",
     -4,
     kWrite,
     {.first = 2, .count_at = 1},
     zmpop,
     "7.0.0",
     "Removes and returns members of the first sorted set that is there."},
    {"zpopmax", -2, kWrite | kFast, kFirst, pop<Direction::kBackward>, "5.0.0",
     "Removes and returns the members with the highest scores."},
    {"zpopmin", -2, kWrite | kFast, kFirst, pop<Direction::kForward>, "5.0.0",
     "Removes and returns the members with the lowest scores."},
};

}  // namespace

const CommandGroup kSortedSetPop{"sorted-set", kRows};

}  // namespace weir::redis::commands
