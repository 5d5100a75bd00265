// Hash: Redis' hash type in its two encodings: field, value, field, value in one Listpack
// ("listpack") while fields are few and short, else a hash table of PackedPair ("hashtable"). It
// converts once, never back. Not thread-safe. An object is two pointers; an empty one owns no heap
// memory. Every view it gives is valid until the next change to the hash (and to its scratch).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "servers/redis/types/encoding_limits.h"
#include "servers/redis/types/hash_table.h"
#include "servers/redis/types/integer_text.h"
#include "servers/redis/types/listpack.h"
#include "servers/redis/types/packed_text.h"
#include "servers/redis/types/random_below.h"

namespace weir::redis {

class Hash {
 public:
  Hash() = default;
  Hash(Hash&& other) noexcept = default;
  Hash& operator=(Hash&& other) noexcept = default;
  ~Hash() = default;

  // Takes over a parsed listpack of fields and values, converting it at once where the limits ask
  // for it by its count; the length of what it holds is not looked at, as in Redis. Nothing unless
  // they are pairs and each field stands there once.
  static std::optional<Hash> from_listpack(Listpack pairs, const EncodingLimits& limits);

  // Whether the field was absent. REQUIRES: field and value lie outside this hash.
  bool set(std::string_view field, std::string_view value, const EncodingLimits& limits);
  // Nothing when absent.
  std::optional<std::string_view> get(std::string_view field, IntegerText& scratch) const;
  bool contains(std::string_view field) const;
  // Bytes of the field's value, 0 when absent.
  size_t value_length(std::string_view field) const;
  // Whether the field was there.
  bool erase(std::string_view field);
  // Frees some `count` fields of a hash that is done with, a piece of a large one at a time; until
  // all are freed nothing else may be asked of it but size().
  void drain(size_t count);
  size_t size() const { return fields_ ? fields_->table.size() : pairs_.size() / 2; }

  // visit(field, value), both std::string_view, for each field: in order of insertion for a
  // listpack, else in no order. visit must not change the hash.
  template <class Visit>
  void for_each(Visit&& visit) const;

  // One step of HashTable::scan; a listpack is visited whole in one call.
  template <class Visit>
  uint64_t scan(uint64_t cursor, Visit&& visit) const;

  // visit(field, value) once, each field equally likely. REQUIRES: not empty.
  template <class Rng, class Visit>
  void random(Rng& rng, Visit&& visit) const;

  Hash clone() const;

  // Redis' name of the encoding.
  std::string_view encoding() const { return fields_ ? "hashtable" : "listpack"; }
  // Null unless the encoding is listpack.
  const Listpack* listpack() const { return fields_ ? nullptr : &pairs_; }
  // Heap bytes owned, without this object. O(1).
  size_t memory_usage() const;

 private:
  struct FieldTraits {
    using Item = PackedPair;
    static std::string_view key(const PackedPair& pair) { return pair.field(); }
  };
  struct Fields {
    HashTable<FieldTraits> table;
    size_t pair_bytes = 0;  // the blocks of all pairs

    Fields() = default;
    ~Fields() { table.clear(PackedPair::destroy); }
    Fields(const Fields&) = delete;
    Fields& operator=(const Fields&) = delete;
    bool set(std::string_view field, std::string_view value);
    bool erase(std::string_view field);
    const PackedPair* find(std::string_view field) const;
  };

  // Where the field's value lies, or Listpack::kEnd.
  Listpack::Position find_value(std::string_view field) const;
  bool set_in_listpack(std::string_view field, std::string_view value);
  void convert_to_table();
  template <class Visit>
  void visit_pair(Listpack::Position field, Visit&& visit) const;

  Listpack pairs_;                  // empty once converted
  std::unique_ptr<Fields> fields_;  // null: listpack encoding
};

template <class Visit>
void Hash::visit_pair(Listpack::Position field, Visit&& visit) const {
  IntegerText field_scratch, value_scratch;
  visit(pairs_.get(field).view(field_scratch), pairs_.get(pairs_.next(field)).view(value_scratch));
}

template <class Visit>
void Hash::for_each(Visit&& visit) const {
  if (fields_) {
    fields_->table.for_each([&](const PackedPair* p) { visit(p->field(), p->value()); });
    return;
  }
  for (auto p = pairs_.first(); p != Listpack::kEnd; p = pairs_.next(pairs_.next(p))) {
    visit_pair(p, visit);
  }
}

template <class Visit>
uint64_t Hash::scan(uint64_t cursor, Visit&& visit) const {
  if (fields_) {
    return fields_->table.scan(cursor, [&](const PackedPair* p) { visit(p->field(), p->value()); });
  }
  for_each(visit);
  return 0;
}

template <class Rng, class Visit>
void Hash::random(Rng& rng, Visit&& visit) const {
  if (fields_) {
    const PackedPair* pair = fields_->table.random(rng);
    visit(pair->field(), pair->value());
    return;
  }
  visit_pair(pairs_.at(static_cast<long>(2 * random_below(rng, size()))), visit);
}

}  // namespace weir::redis
