// How sorted set commands reply scores, and members with or without them: flat in RESP2, and in
// RESP3 scores are doubles and a member with its score is a pair of its own.
#pragma once

#include <cstddef>
#include <string_view>

#include "servers/redis/call.h"
#include "servers/redis/types/score.h"
#include "servers/redis/types/sorted_set.h"

namespace weir::redis::commands {

inline bool nests_pairs(const Call& call) { return call.reply.protocol() == 3; }

inline void reply_score(Call& call, double score) {
  ScoreText text;
  call.reply.double_(text.format(score));
}

// The header of a reply of `count` members; reply_member() follows that many times.
inline void reply_members_header(Call& call, std::size_t count, bool with_scores) {
  call.reply.array(with_scores && !nests_pairs(call) ? 2 * count : count);
}

inline void reply_member(Call& call, std::string_view member, double score, bool with_scores) {
  if (!with_scores) return call.reply.bulk(member);
  if (nests_pairs(call)) call.reply.array(2);
  call.reply.bulk(member);
  reply_score(call, score);
}

inline void reply_members(Call& call, const SortedSet& set, RankRange range, Direction direction,
                          bool with_scores) {
  reply_members_header(call, range.size(), with_scores);
  set.visit(range, direction, [&](std::string_view member, double score) {
    reply_member(call, member, score, with_scores);
  });
}

}  // namespace weir::redis::commands
