#include "servers/redis/rdb/value_writer.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "servers/redis/rdb/stream_record.h"
#include "servers/redis/rdb/value.h"
#include "servers/redis/types/direction.h"

namespace weir::redis::rdb {
namespace {

void write_form(ValueForm form, FieldWriter& to) { to.byte(static_cast<std::uint8_t>(form)); }

void write_list(const List& list, FieldWriter& to) {
  write_form(ValueForm::kListOfNodes, to);
  std::size_t nodes = 0;
  list.for_each_listpack([&](const Listpack&) { ++nodes; });
  to.length(nodes);
  list.for_each_listpack([&](const Listpack& node) {
    to.length(static_cast<std::uint64_t>(ListNodeForm::kPacked));
    to.text(node.serialized());
  });
}

void write_set(const Set& set, FieldWriter& to) {
  if (set.intset() != nullptr) {
    write_form(ValueForm::kSetIntset, to);
    to.text(set.intset()->serialized());
    return;
  }
  write_form(ValueForm::kSet, to);
  to.length(set.size());
  set.for_each([&](std::string_view member) { to.text(member); });
}

// From the highest down, as Redis does, for whom reading goes faster then.
void write_sorted_set(const SortedSet& set, FieldWriter& to) {
  if (set.listpack() != nullptr) {
    write_form(ValueForm::kSortedSetListpack, to);
    to.text(set.listpack()->serialized());
    return;
  }
  write_form(ValueForm::kSortedSet, to);
  to.length(set.size());
  set.visit({0, set.size()}, Direction::kBackward, [&](std::string_view member, double score) {
    to.text(member);
    to.binary_double(score);
  });
}

void write_hash(const Hash& hash, FieldWriter& to) {
  if (hash.listpack() != nullptr) {
    write_form(ValueForm::kHashListpack, to);
    to.text(hash.listpack()->serialized());
    return;
  }
  write_form(ValueForm::kHash, to);
  to.length(hash.size());
  hash.for_each([&](std::string_view field, std::string_view value) {
    to.text(field);
    to.text(value);
  });
}

}  // namespace

void write_value(const Entry& entry, FieldWriter& to) {
  switch (entry.type()) {
    case Type::kString:
      write_form(ValueForm::kText, to);
      return to.text(entry.text());
    case Type::kList:
      return write_list(*entry.object<List>(), to);
    case Type::kHash:
      return write_hash(*entry.object<Hash>(), to);
    case Type::kSet:
      return write_set(*entry.object<Set>(), to);
    case Type::kSortedSet:
      return write_sorted_set(*entry.object<SortedSet>(), to);
    case Type::kStream:
      write_form(ValueForm::kStream, to);
      return write_stream(*entry.object<Stream>(), to);
  }
}

}  // namespace weir::redis::rdb
