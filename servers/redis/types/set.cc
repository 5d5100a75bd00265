#include "servers/redis/types/set.h"

#include <algorithm>
#include <optional>

namespace weir::redis {
namespace {

constexpr size_t kMaxIntsetEntries = size_t{1} << 30;  // Redis' bound, whatever the limit says

size_t max_entries(const EncodingLimits& limits) {
  return std::min(limits.set_max_intset_entries, kMaxIntsetEntries);
}

}  // namespace

Set::Set(Intset integers, const EncodingLimits& limits) : integers_(std::move(integers)) {
  if (integers_.size() > max_entries(limits)) convert_to_table();
}

bool Set::add(std::string_view member, const EncodingLimits& limits) {
  if (members_) return members_->add(member);
  const std::optional<int64_t> integer = parse_integer(member);
  if (!integer) {
    convert_to_table();
    return members_->add(member);
  }
  if (!integers_.add(*integer)) return false;
  if (integers_.size() > max_entries(limits)) convert_to_table();
  return true;
}

bool Set::remove(std::string_view member) {
  if (members_) return members_->remove(member, key_hash(member));
  const std::optional<int64_t> integer = parse_integer(member);
  return integer && integers_.remove(*integer);
}

bool Set::contains(std::string_view member) const {
  if (members_) return members_->table.find(member, key_hash(member)) != nullptr;
  const std::optional<int64_t> integer = parse_integer(member);
  return integer && integers_.contains(*integer);
}

void Set::drain(size_t count) {
  if (members_) return members_->table.drain(count, PackedText::destroy);
  integers_ = Intset();
}

Set Set::clone() const {
  Set copy;
  if (!members_) {
    copy.integers_ = integers_.clone();
    return copy;
  }
  copy.members_ = std::make_unique<Members>();
  for_each([&](std::string_view member) { copy.members_->add(member); });
  return copy;
}

size_t Set::memory_usage() const {
  if (!members_) return integers_.allocated_bytes();
  return sizeof(Members) + members_->table.allocated_bytes() + members_->text_bytes;
}

void Set::convert_to_table() {
  auto members = std::make_unique<Members>();
  for_each([&](std::string_view member) { members->add(member); });
  members_ = std::move(members);
  integers_ = Intset();
}

bool Set::Members::add(std::string_view member) {
  const uint64_t hash = key_hash(member);
  if (table.find(member, hash) != nullptr) return false;
  PackedText* text = PackedText::create(member);
  text_bytes += text->allocated_bytes();
  table.insert(text, hash);
  return true;
}

// `member` may be the text of the very element that goes.
bool Set::Members::remove(std::string_view member, uint64_t hash) {
  PackedText* text = table.erase(member, hash);
  if (text == nullptr) return false;
  text_bytes -= text->allocated_bytes();
  PackedText::destroy(text);
  return true;
}

}  // namespace weir::redis
