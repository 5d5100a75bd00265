// Set: Redis' set type in its two encodings: a sorted array of integers ("intset") while all
// members are integers and few, else a hash table of PackedText ("hashtable"). It converts once,
// never back. Not thread-safe. An object is two pointers; an empty one owns no heap memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "servers/redis/types/encoding_limits.h"
#include "servers/redis/types/hash_table.h"
#include "servers/redis/types/integer_text.h"
#include "servers/redis/types/intset.h"
#include "servers/redis/types/packed_text.h"
#include "servers/redis/types/random_below.h"

namespace weir::redis {

class Set {
 public:
  Set() = default;
  Set(Set&& other) noexcept = default;
  Set& operator=(Set&& other) noexcept = default;
  ~Set() = default;

  // Takes over a parsed intset, converting it at once where the limits ask for it.
  Set(Intset integers, const EncodingLimits& limits);

  // Whether the member was absent.
  bool add(std::string_view member, const EncodingLimits& limits);
  // Whether the member was there.
  bool remove(std::string_view member);
  // Frees some `count` members of a set that is done with, a piece of a large one at a time; until
  // all are freed nothing else may be asked of it but size().
  void drain(size_t count);
  bool contains(std::string_view member) const;
  size_t size() const { return members_ ? members_->table.size() : integers_.size(); }

  // Each member equally likely. The view is valid until the next change to the set or to
  // `scratch`. REQUIRES: not empty.
  template <class Rng>
  std::string_view random_member(Rng& rng, IntegerText& scratch) const;

  // Calls visit(std::string_view) with a random member, then removes it. REQUIRES: not empty.
  template <class Rng, class Visit>
  void pop_random(Rng& rng, Visit&& visit);

  // visit(std::string_view) for each member: ascending for an intset, else in no order. Views are
  // valid during the call alone; visit must not change the set.
  template <class Visit>
  void for_each(Visit&& visit) const;

  // One step of HashTable::scan; an intset is visited whole in one call.
  template <class Visit>
  uint64_t scan(uint64_t cursor, Visit&& visit) const;

  Set clone() const;

  // Redis' name of the encoding.
  std::string_view encoding() const { return members_ ? "hashtable" : "intset"; }
  // Null unless the encoding is intset.
  const Intset* intset() const { return members_ ? nullptr : &integers_; }
  // Heap bytes owned, without this object. O(1).
  size_t memory_usage() const;

 private:
  struct MemberTraits {
    using Item = PackedText;
    static std::string_view key(const PackedText& member) { return member.view(); }
  };
  struct Members {
    HashTable<MemberTraits> table;
    size_t text_bytes = 0;  // the blocks of all members

    Members() = default;
    ~Members() { table.clear(PackedText::destroy); }
    Members(const Members&) = delete;
    Members& operator=(const Members&) = delete;
    bool add(std::string_view member);
    bool remove(std::string_view member, uint64_t hash);
  };

  void convert_to_table();

  Intset integers_;                   // empty once converted
  std::unique_ptr<Members> members_;  // null: intset encoding
};

template <class Rng>
std::string_view Set::random_member(Rng& rng, IntegerText& scratch) const {
  if (members_) return members_->table.random(rng)->view();
  return scratch.format(integers_.at(random_below(rng, integers_.size())));
}

template <class Rng, class Visit>
void Set::pop_random(Rng& rng, Visit&& visit) {
  IntegerText scratch;
  if (members_) {
    const std::string_view member = members_->table.random(rng)->view();
    visit(member);
    members_->remove(member, key_hash(member));
  } else {
    const int64_t member = integers_.at(random_below(rng, integers_.size()));
    visit(scratch.format(member));
    integers_.remove(member);
  }
}

template <class Visit>
void Set::for_each(Visit&& visit) const {
  if (members_) {
    members_->table.for_each([&](const PackedText* member) { visit(member->view()); });
    return;
  }
  IntegerText scratch;
  for (size_t i = 0; i < integers_.size(); i++) visit(scratch.format(integers_.at(i)));
}

template <class Visit>
uint64_t Set::scan(uint64_t cursor, Visit&& visit) const {
  if (members_) {
    return members_->table.scan(cursor, [&](const PackedText* member) { visit(member->view()); });
  }
  for_each(visit);
  return 0;
}

}  // namespace weir::redis
