// Commands that return some members of a sorted set: at random, or a part at a time.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

#include "base/random.h"
#include "servers/redis/call.h"
#include "servers/redis/commands/arguments.h"
#include "servers/redis/commands/collection_scan.h"
#include "servers/redis/commands/groups.h"
#include "servers/redis/commands/sampling.h"
#include "servers/redis/commands/score_reply.h"
#include "servers/redis/types/score.h"
#include "servers/redis/types/sorted_set.h"

namespace weir::redis::commands {
namespace {

// Calls visit(member, score) for `wanted` different members. REQUIRES: wanted <= set.size().
template <class Visit>
void sample(const SortedSet& set, std::size_t wanted, Visit&& visit) {
  if (set.listpack() != nullptr || !picking_is_cheaper(wanted, set.size())) {
    return sample_by_walk(set, wanted, Random::of_thread(), visit);
  }
  PickedElements picked(wanted);
  IntegerText scratch;
  while (picked.size() < wanted) {
    const auto [member, score] = set.random(Random::of_thread(), scratch);
    if (picked.add(member)) visit(member, score);
  }
}

void reply_sample(Call& call, const SortedSet& set, SampleSize size, bool with_scores) {
  const std::size_t count = size.repeated ? size.count : std::min(size.count, set.size());
  const auto reply = [&](std::string_view member, double score) {
    reply_member(call, member, score, with_scores);
  };
  reply_members_header(call, count, with_scores);
  if (!size.repeated) return sample(set, count, reply);
  IntegerText scratch;
  for (std::size_t i = 0; i < count; ++i) {
    const auto [member, score] = set.random(Random::of_thread(), scratch);
    reply(member, score);
  }
}

void reply_random_member(Call& call) {
  SortedSet* set = nullptr;
  if (!call.read(1, set)) return;
  if (set == nullptr) return call.reply.null();
  IntegerText scratch;
  call.reply.bulk(set->random(Random::of_thread(), scratch).member);
}

void zrandmember(Call& call) {
  if (call.size() == 2) return reply_random_member(call);
  std::int64_t count = 0;
  if (!read_negatable(call, 2, count)) return;
  const bool with_scores = call.size() == 4 && call.is_option(3, "withscores");
  if (call.size() > 3 && !with_scores) return call.syntax_error();
  constexpr std::int64_t kMaxPairs = std::numeric_limits<std::int64_t>::max() / 2;
  if (with_scores && (count < -kMaxPairs || count > kMaxPairs)) {
    return call.error("ERR value is out of range");
  }
  SortedSet* set = nullptr;
  if (!call.read(1, set)) return;
  if (set == nullptr) return call.reply.array(0);
  SampleSize size;
  if (SampleSize::from_count(call, count, size)) reply_sample(call, *set, size, with_scores);
}

// Scores are bulk strings here, in RESP3 too, and as they are kept.
void zscan(Call& call) {
  scan_collection<SortedSet>(call, [](const SortedSet& set, CollectedElements& found,
                                      std::string_view member, double score) {
    ScoreText text;
    found.next().bulk(member);
    found.next().bulk(set.listpack() != nullptr ? text.format_for_listpack(score)
                                                : text.format(score));
  });
}

constexpr Command kRows[] = {
    {"zrandmember", -2, kReadonly, {1, 1, 1}, zrandmember, "6.2.0", "Returns random members."},
    {"zscan",
     -3,
     kReadonly,
     {1, 1, 1},
     zscan,
     "2.8.0",
     "Iterates over the members, a part at a time."},
};

}  // namespace

const CommandGroup kSortedSetSample{"sorted-set", kRows};

}  // namespace weir::redis::commands
