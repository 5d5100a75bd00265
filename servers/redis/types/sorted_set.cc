#include "servers/redis/types/sorted_set.h"

#include <cmath>
#include <string>

#include "base/check.h"
#include "servers/redis/types/key_hash.h"
#include "servers/redis/types/listpack_pairs.h"
#include "servers/redis/types/score.h"

namespace weir::redis {
namespace {

// The beginning of all keys of a score; with `after`, what follows the last of them.
std::string score_key(double score, bool after) {
  std::string key(SortedMember::kScoreBytes, '\0');
  SortedMember::write_ordered(ordered_bits(score) + (after ? 1 : 0), key.data());
  return key;
}

bool below(const ScoreBound& bound, double score) {
  return bound.exclusive ? score <= bound.score : score < bound.score;
}

bool above(const ScoreBound& bound, double score) {
  return bound.exclusive ? score >= bound.score : score > bound.score;
}

// How a bound cuts the order of members: those before the cut are below the returned one. A lower
// bound keeps its own member behind the cut when inclusive, an upper bound before it.
bool before_cut(const LexBound& bound, bool is_upper, std::string_view member) {
  if (bound.kind == LexBound::Kind::kLowest) return false;
  if (bound.kind == LexBound::Kind::kHighest) return true;
  const bool own_before = is_upper == (bound.kind == LexBound::Kind::kInclusive);
  return own_before ? member <= bound.member : member < bound.member;
}

size_t rank_of_cut(const SortedTree& tree, const LexBound& bound, bool is_upper) {
  if (bound.kind == LexBound::Kind::kLowest || tree.size() == 0) return 0;
  if (bound.kind == LexBound::Kind::kHighest) return tree.size();
  std::string key = score_key(tree.at(0)->score(), false);
  key += bound.member;
  const bool own_before = is_upper == (bound.kind == LexBound::Kind::kInclusive);
  if (own_before) key += '\0';  // nothing lies between a member and itself with a zero behind
  return tree.rank(key);
}

}  // namespace

std::optional<SortedSet> SortedSet::from_listpack(Listpack pairs, const EncodingLimits& limits) {
  if (!has_distinct_pairs(pairs)) return std::nullopt;
  SortedSet set;
  set.pairs_ = std::move(pairs);
  if (!set.is_ordered()) return std::nullopt;
  if (set.size() > limits.zset_max_listpack_entries) set.convert_to_index();
  return set;
}

SortedMember* SortedSet::Index::find(std::string_view member) const {
  return table.find(member, key_hash(member));
}

SortedSet::Change SortedSet::Index::set(std::string_view member, double score) {
  const uint64_t hash = key_hash(member);
  SortedMember* found = table.find(member, hash);
  if (found == nullptr) {
    add(member, score, hash);
    return Change::kAdded;
  }
  if (found->score() == score) return Change::kUnchanged;
  tree.erase(*found);
  found->set_score(score);
  tree.insert(found);
  return Change::kUpdated;
}

void SortedSet::Index::add(std::string_view member, double score, uint64_t hash) {
  SortedMember* added = SortedMember::create(score, member);
  member_bytes += added->allocated_bytes();
  table.insert(added, hash);
  tree.insert(added);
}

bool SortedSet::Index::erase(std::string_view member) {
  SortedMember* erased = table.erase(member, key_hash(member));
  if (erased == nullptr) return false;
  tree.erase(*erased);
  member_bytes -= erased->allocated_bytes();
  SortedMember::destroy(erased);
  return true;
}

SortedSet::Change SortedSet::set(std::string_view member, double score,
                                 const EncodingLimits& limits) {
  WEIR_DCHECK(score == score);
  if (!index_) {
    const auto found = pairs_.find(member, pairs_.first(), 1);
    const bool small = found != Listpack::kEnd || (size() < limits.zset_max_listpack_entries &&
                                                   member.size() <= limits.zset_max_listpack_value);
    if (small && pairs_.fits(member.size() + sizeof(ScoreText), 2)) {
      return set_in_listpack(found, member, score);
    }
    convert_to_index();
  }
  return index_->set(member, score);
}

SortedSet::Change SortedSet::set_in_listpack(Listpack::Position found, std::string_view member,
                                             double score) {
  if (found != Listpack::kEnd) {
    if (score_at(found) == score) return Change::kUnchanged;
    pairs_.erase(found, 2);
  }
  const size_t rank = count_pairs([&](const Entry& entry) {
    return entry.score < score || (entry.score == score && entry.member < member);
  });
  const auto placed = pairs_.insert_before(pair_at(rank), member);
  ScoreText text;
  pairs_.insert_after(placed, text.format_for_listpack(score));
  return found != Listpack::kEnd ? Change::kUpdated : Change::kAdded;
}

bool SortedSet::erase(std::string_view member) {
  if (index_) return index_->erase(member);
  const auto found = pairs_.find(member, pairs_.first(), 1);
  if (found == Listpack::kEnd) return false;
  pairs_.erase(found, 2);
  return true;
}

void SortedSet::erase(RankRange range) {
  if (range.size() == 0) return;
  if (!index_) {
    pairs_.erase(pair_at(range.first), 2 * range.size());
    return;
  }
  for (size_t left = range.size(); left > 0; --left) {
    index_->erase_at(range.first, [](std::string_view, double) {});
  }
}

std::optional<double> SortedSet::score(std::string_view member) const {
  if (index_) {
    const SortedMember* found = index_->find(member);
    return found != nullptr ? std::optional(found->score()) : std::nullopt;
  }
  const auto found = pairs_.find(member, pairs_.first(), 1);
  return found != Listpack::kEnd ? std::optional(score_at(found)) : std::nullopt;
}

std::optional<size_t> SortedSet::rank(std::string_view member, Direction direction) const {
  size_t rank = 0;
  if (index_) {
    const SortedMember* found = index_->find(member);
    if (found == nullptr) return std::nullopt;
    rank = index_->tree.rank(found->key());
  } else {
    const auto found = pairs_.find(member, pairs_.first(), 1);
    if (found == Listpack::kEnd) return std::nullopt;
    for (auto p = pairs_.first(); p != found; p = next_pair(p)) ++rank;
  }
  return direction == Direction::kForward ? rank : size() - 1 - rank;
}

RankRange SortedSet::range(const ScoreRange& scores) const {
  if (index_) {
    return {index_->tree.rank(score_key(scores.min.score, scores.min.exclusive)),
            index_->tree.rank(score_key(scores.max.score, !scores.max.exclusive))};
  }
  return {count_pairs([&](const Entry& entry) { return below(scores.min, entry.score); }),
          count_pairs([&](const Entry& entry) { return !above(scores.max, entry.score); })};
}

RankRange SortedSet::range(const LexRange& members) const {
  if (index_) {
    return {rank_of_cut(index_->tree, members.min, false),
            rank_of_cut(index_->tree, members.max, true)};
  }
  return {count_pairs([&](const Entry& e) { return before_cut(members.min, false, e.member); }),
          count_pairs([&](const Entry& e) { return before_cut(members.max, true, e.member); })};
}

SortedSet::Entry SortedSet::at(size_t rank, IntegerText& scratch) const {
  if (!index_) return entry_at(pair_at(rank), scratch);
  const auto cursor = index_->tree.at(rank);
  return {cursor->member(), cursor->score()};
}

// The tree first: it does not look at its members any more, but they are in the table.
void SortedSet::drain(size_t count) {
  if (!index_) {
    pairs_ = Listpack();
  } else if (index_->tree.size() > 0) {
    index_->tree.drain(count);
  } else {
    index_->table.drain(count, SortedMember::destroy);
  }
}

SortedSet SortedSet::clone() const {
  SortedSet copy;
  if (!index_) {
    copy.pairs_ = pairs_.clone();
    return copy;
  }
  copy.index_ = std::make_unique<Index>();
  for_each([&](std::string_view member, double score) {
    copy.index_->add(member, score, key_hash(member));
  });
  return copy;
}

size_t SortedSet::memory_usage() const {
  if (!index_) return pairs_.allocated_bytes();
  return sizeof(Index) + index_->table.allocated_bytes() + index_->tree.allocated_bytes() +
         index_->member_bytes;
}

SortedSet::Entry SortedSet::entry_at(Listpack::Position p, IntegerText& scratch) const {
  return {pairs_.get(p).view(scratch), score_at(p)};
}

Listpack::Position SortedSet::previous_pair(Listpack::Position p) const {
  const auto score = pairs_.prev(p);
  return score != Listpack::kEnd ? pairs_.prev(score) : Listpack::kEnd;
}

std::optional<double> SortedSet::parsed_score_at(Listpack::Position p) const {
  const Listpack::Element element = pairs_.get(pairs_.next(p));
  if (element.is_integer) return static_cast<double>(element.integer);
  return parse_score(element.text);
}

double SortedSet::score_at(Listpack::Position p) const {
  const auto score = parsed_score_at(p);
  WEIR_CHECK(score.has_value());
  return *score;
}

// Of pairs whose scores may be anything.
bool SortedSet::is_ordered() const {
  IntegerText scratch, scratch_before;
  double score_before = 0;
  auto before = Listpack::kEnd;
  for (auto p = pairs_.first(); p != Listpack::kEnd; before = p, p = next_pair(p)) {
    const auto score = parsed_score_at(p);
    if (!score) return false;
    const bool ascends = before == Listpack::kEnd || score_before < *score ||
                         (score_before == *score &&
                          pairs_.get(before).view(scratch_before) < pairs_.get(p).view(scratch));
    if (!ascends) return false;
    score_before = *score;
  }
  return true;
}

// Number of pairs before the first that does not go before.
template <class GoesBefore>
size_t SortedSet::count_pairs(const GoesBefore& goes_before) const {
  IntegerText scratch;
  size_t count = 0;
  for (auto p = pairs_.first(); p != Listpack::kEnd; p = next_pair(p), ++count) {
    if (!goes_before(entry_at(p, scratch))) break;
  }
  return count;
}

void SortedSet::convert_to_index() {
  auto index = std::make_unique<Index>();
  for_each(
      [&](std::string_view member, double score) { index->add(member, score, key_hash(member)); });
  index_ = std::move(index);
  pairs_ = Listpack();
}

}  // namespace weir::redis
