// The three ways to name a stretch of a sorted set: by score, by member, by rank. The first two
// become the third (SortedSet::range), which is what is visited, counted and erased.
// Values; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "servers/redis/types/direction.h"
#include "servers/redis/types/score.h"

namespace weir::redis {

struct ScoreRange {
  ScoreBound min;
  ScoreBound max;
};

// One end of a range of members, as ZRANGEBYLEX writes it.
struct LexBound {
  enum class Kind { kLowest, kInclusive, kExclusive, kHighest };

  Kind kind = Kind::kLowest;
  std::string_view member = {};  // for the two kinds in the middle

  // "-", "+", "[member" or "(member".
  static std::optional<LexBound> parse(std::string_view text) {
    if (text == "-") return LexBound{Kind::kLowest};
    if (text == "+") return LexBound{Kind::kHighest};
    if (text.starts_with('[')) return LexBound{Kind::kInclusive, text.substr(1)};
    if (text.starts_with('(')) return LexBound{Kind::kExclusive, text.substr(1)};
    return std::nullopt;
  }
};

struct LexRange {
  LexBound min;
  LexBound max;
};

// Ranks first, first + 1, ... up to and without `end`; 0 is the lowest score. Empty when end is not
// above first.
struct RankRange {
  size_t first = 0;
  size_t end = 0;

  size_t size() const { return end > first ? end - first : 0; }

  // LIMIT: without the `offset` members that a walk in that direction meets first, and at most
  // `count` of the others.
  RankRange limited(Direction direction, size_t offset, size_t count) const {
    if (offset >= size()) return {};
    RankRange kept = *this;
    if (direction == Direction::kForward) {
      kept.first += offset;
      if (kept.size() > count) kept.end = kept.first + count;
    } else {
      kept.end -= offset;
      if (kept.size() > count) kept.first = kept.end - count;
    }
    return kept;
  }
};

}  // namespace weir::redis
