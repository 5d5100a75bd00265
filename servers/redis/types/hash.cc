#include "servers/redis/types/hash.h"

#include <algorithm>

#include "servers/redis/types/listpack_pairs.h"

namespace weir::redis {

std::optional<Hash> Hash::from_listpack(Listpack pairs, const EncodingLimits& limits) {
  if (!has_distinct_pairs(pairs)) return std::nullopt;
  Hash hash;
  hash.pairs_ = std::move(pairs);
  if (hash.size() > limits.hash_max_listpack_entries) hash.convert_to_table();
  return hash;
}

bool Hash::set(std::string_view field, std::string_view value, const EncodingLimits& limits) {
  if (fields_) return fields_->set(field, value);
  const size_t longest = std::max(field.size(), value.size());
  if (longest > limits.hash_max_listpack_value || !pairs_.fits(field.size() + value.size(), 2)) {
    convert_to_table();
    return fields_->set(field, value);
  }
  const bool added = set_in_listpack(field, value);
  if (size() > limits.hash_max_listpack_entries) convert_to_table();
  return added;
}

std::optional<std::string_view> Hash::get(std::string_view field, IntegerText& scratch) const {
  if (fields_) {
    const PackedPair* pair = fields_->find(field);
    return pair == nullptr ? std::nullopt : std::optional(pair->value());
  }
  const Listpack::Position value = find_value(field);
  if (value == Listpack::kEnd) return std::nullopt;
  return pairs_.get(value).view(scratch);
}

bool Hash::contains(std::string_view field) const {
  return fields_ ? fields_->find(field) != nullptr : find_value(field) != Listpack::kEnd;
}

size_t Hash::value_length(std::string_view field) const {
  IntegerText scratch;
  return get(field, scratch).value_or(std::string_view()).size();
}

bool Hash::erase(std::string_view field) {
  if (fields_) return fields_->erase(field);
  const Listpack::Position found = pairs_.find(field, pairs_.first(), 1);
  if (found == Listpack::kEnd) return false;
  pairs_.erase(found, 2);
  return true;
}

void Hash::drain(size_t count) {
  if (fields_) return fields_->table.drain(count, PackedPair::destroy);
  pairs_ = Listpack();
}

Hash Hash::clone() const {
  Hash copy;
  if (!fields_) {
    copy.pairs_ = pairs_.clone();
    return copy;
  }
  copy.fields_ = std::make_unique<Fields>();
  for_each(
      [&](std::string_view field, std::string_view value) { copy.fields_->set(field, value); });
  return copy;
}

size_t Hash::memory_usage() const {
  if (!fields_) return pairs_.allocated_bytes();
  return sizeof(Fields) + fields_->table.allocated_bytes() + fields_->pair_bytes;
}

Listpack::Position Hash::find_value(std::string_view field) const {
  const Listpack::Position found = pairs_.find(field, pairs_.first(), 1);
  return found == Listpack::kEnd ? Listpack::kEnd : pairs_.next(found);
}

bool Hash::set_in_listpack(std::string_view field, std::string_view value) {
  const Listpack::Position old_value = find_value(field);
  if (old_value != Listpack::kEnd) {
    pairs_.replace(old_value, value);
    return false;
  }
  pairs_.push_back(field);
  pairs_.push_back(value);
  return true;
}

void Hash::convert_to_table() {
  auto fields = std::make_unique<Fields>();
  for_each([&](std::string_view field, std::string_view value) { fields->set(field, value); });
  fields_ = std::move(fields);
  pairs_ = Listpack();
}

bool Hash::Fields::set(std::string_view field, std::string_view value) {
  const uint64_t hash = key_hash(field);
  auto place = table.find_place(field, hash);
  PackedPair* const old = place ? place.item() : nullptr;
  if (old != nullptr && old->value().size() == value.size()) {
    old->overwrite(value);
    return false;
  }
  PackedPair* pair = PackedPair::create(field, value);
  pair_bytes += pair->allocated_bytes();
  if (old == nullptr) {
    table.insert(pair, hash);
    return true;
  }
  place.replace(pair);
  pair_bytes -= old->allocated_bytes();
  PackedPair::destroy(old);
  return false;
}

bool Hash::Fields::erase(std::string_view field) {
  PackedPair* pair = table.erase(field, key_hash(field));
  if (pair == nullptr) return false;
  pair_bytes -= pair->allocated_bytes();
  PackedPair::destroy(pair);
  return true;
}

const PackedPair* Hash::Fields::find(std::string_view field) const {
  return table.find(field, key_hash(field));
}

}  // namespace weir::redis
