// SortedSet: Redis' sorted set in its two encodings: member, score, member, score in one Listpack
// ("listpack") while members are few and short, else SortedMember blocks in a hash table, which
// finds them by name, and in a SortedTree, which keeps their order (it answers to "skiplist", the
// name that clients expect). It converts once, never back. The order is by score, then by member
// bytewise. Not thread-safe. An object is two pointers; an empty one owns no heap memory.
//
// Every view it gives is valid until the next change to the set (and to its scratch). Members that
// are passed in must lie outside the set. Scores must not be NaN; -0 equals 0, and in a
// listpack becomes it, as in Redis.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "servers/redis/types/direction.h"
#include "servers/redis/types/encoding_limits.h"
#include "servers/redis/types/hash_table.h"
#include "servers/redis/types/integer_text.h"
#include "servers/redis/types/listpack.h"
#include "servers/redis/types/random_below.h"
#include "servers/redis/types/sorted_member.h"
#include "servers/redis/types/sorted_range.h"
#include "servers/redis/types/sorted_tree.h"

namespace weir::redis {

class SortedSet {
 public:
  enum class Change { kAdded, kUpdated, kUnchanged };
  struct Entry {
    std::string_view member;
    double score;
  };

  SortedSet() = default;
  SortedSet(SortedSet&& other) noexcept = default;
  SortedSet& operator=(SortedSet&& other) noexcept = default;
  ~SortedSet() = default;

  // Takes over a parsed listpack of members and scores, converting it at once where the limits ask
  // for it by its count; the length of members is not looked at, as in Redis. Nothing unless they
  // are pairs, in order, each member stands there once, and each score is one.
  static std::optional<SortedSet> from_listpack(Listpack pairs, const EncodingLimits& limits);

  // Gives the member that score, adding it when it is absent.
  Change set(std::string_view member, double score, const EncodingLimits& limits);
  // Whether the member was there.
  bool erase(std::string_view member);
  // Erases all members of those ranks; `range` must lie within size().
  void erase(RankRange range);
  // Frees some of a set that is done with, what `count` members take: a piece of a large one at a
  // time. Until drain_size(), at first size(), is 0 nothing else may be asked of it.
  void drain(size_t count);
  size_t drain_size() const { return index_ ? index_->table.size() : pairs_.size() / 2; }
  // Takes out the first member of that direction and calls take(std::string_view, double) with it.
  // REQUIRES: not empty.
  template <class Take>
  void pop(Direction from, Take&& take);

  size_t size() const { return index_ ? index_->tree.size() : pairs_.size() / 2; }
  // Nothing when absent, here and below.
  std::optional<double> score(std::string_view member) const;
  // Members before this one in that direction.
  std::optional<size_t> rank(std::string_view member, Direction direction) const;

  // The ranks that a range of scores or members covers; its size() is ZCOUNT's and ZLEXCOUNT's
  // answer. O(log n), or linear in a listpack. By members it means something only when all scores
  // are equal, as in Redis.
  RankRange range(const ScoreRange& scores) const;
  RankRange range(const LexRange& members) const;

  // visit(std::string_view, double) for each member of those ranks, from the low or from the high
  // end; `range` must lie within size(); visit must not change the set, here and below.
  template <class Visit>
  void visit(RankRange range, Direction direction, Visit&& visit) const;
  // In order for a listpack, else in no order.
  template <class Visit>
  void for_each(Visit&& visit) const;
  // One step of HashTable::scan; a listpack is visited whole in one call.
  template <class Visit>
  uint64_t scan(uint64_t cursor, Visit&& visit) const;
  // REQUIRES: rank < size().
  Entry at(size_t rank, IntegerText& scratch) const;
  // Each member equally likely. REQUIRES: not empty.
  template <class Rng>
  Entry random(Rng& rng, IntegerText& scratch) const {
    return at(random_below(rng, size()), scratch);
  }

  SortedSet clone() const;

  // Converts to the index whatever the size, as SORT does to what it sorts in Redis.
  void leave_listpack() {
    if (!index_) convert_to_index();
  }
  // Redis' name of the encoding.
  std::string_view encoding() const { return index_ ? "skiplist" : "listpack"; }
  // Null unless the encoding is listpack.
  const Listpack* listpack() const { return index_ ? nullptr : &pairs_; }
  // Heap bytes owned, without this object. O(1).
  size_t memory_usage() const;

 private:
  struct MemberTraits {
    using Item = SortedMember;
    static std::string_view key(const SortedMember& member) { return member.member(); }
  };
  struct Index {
    HashTable<MemberTraits> table;
    SortedTree tree;
    size_t member_bytes = 0;

    Index() = default;
    ~Index() { table.clear(SortedMember::destroy); }
    Index(const Index&) = delete;
    Index& operator=(const Index&) = delete;
    SortedMember* find(std::string_view member) const;
    Change set(std::string_view member, double score);
    void add(std::string_view member, double score, uint64_t hash);
    bool erase(std::string_view member);
    template <class Take>
    void erase_at(size_t rank, Take&& take);
  };

  // Positions in pairs_ are those of members; a score follows each.
  Entry entry_at(Listpack::Position p, IntegerText& scratch) const;
  Listpack::Position pair_at(size_t rank) const { return pairs_.at(2 * static_cast<long>(rank)); }
  Listpack::Position next_pair(Listpack::Position p) const { return pairs_.next(pairs_.next(p)); }
  Listpack::Position previous_pair(Listpack::Position p) const;
  std::optional<double> parsed_score_at(Listpack::Position p) const;
  double score_at(Listpack::Position p) const;
  bool is_ordered() const;
  Change set_in_listpack(Listpack::Position found, std::string_view member, double score);
  template <class GoesBefore>
  size_t count_pairs(const GoesBefore& goes_before) const;
  void convert_to_index();

  Listpack pairs_;                // empty once converted
  std::unique_ptr<Index> index_;  // null: listpack encoding
};

template <class Take>
void SortedSet::Index::erase_at(size_t rank, Take&& take) {
  SortedMember* erased = tree.erase_at(rank);
  take(erased->member(), erased->score());
  table.erase(erased->member(), key_hash(erased->member()));
  member_bytes -= erased->allocated_bytes();
  SortedMember::destroy(erased);
}

template <class Take>
void SortedSet::pop(Direction from, Take&& take) {
  const size_t rank = from == Direction::kForward ? 0 : size() - 1;
  if (index_) return index_->erase_at(rank, take);
  IntegerText scratch;
  const auto p = pair_at(rank);
  const Entry entry = entry_at(p, scratch);
  take(entry.member, entry.score);
  pairs_.erase(p, 2);
}

template <class Visit>
void SortedSet::visit(RankRange range, Direction direction, Visit&& visit) const {
  size_t left = range.size();
  if (left == 0) return;
  const bool forward = direction == Direction::kForward;
  const size_t start = forward ? range.first : range.end - 1;
  if (index_) {
    for (auto cursor = index_->tree.at(start); left > 0; --left) {
      visit(cursor->member(), cursor->score());
      forward ? cursor.next() : cursor.previous();
    }
    return;
  }
  IntegerText scratch;
  for (auto p = pair_at(start); left > 0; --left) {
    const Entry entry = entry_at(p, scratch);
    visit(entry.member, entry.score);
    p = forward ? next_pair(p) : previous_pair(p);
  }
}

template <class Visit>
void SortedSet::for_each(Visit&& visit) const {
  if (!index_) return this->visit({0, size()}, Direction::kForward, visit);
  index_->table.for_each([&](const SortedMember* m) { visit(m->member(), m->score()); });
}

template <class Visit>
uint64_t SortedSet::scan(uint64_t cursor, Visit&& visit) const {
  if (index_) {
    return index_->table.scan(cursor,
                              [&](const SortedMember* m) { visit(m->member(), m->score()); });
  }
  for_each(visit);
  return 0;
}

}  // namespace weir::redis
