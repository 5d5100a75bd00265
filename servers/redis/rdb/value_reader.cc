#include "servers/redis/rdb/value_reader.h"

#include <string>
#include <string_view>
#include <utility>

#include "servers/redis/rdb/stream_record.h"
#include "servers/redis/rdb/ziplist.h"
#include "servers/redis/rdb/zipmap.h"

namespace weir::redis::rdb {
namespace {

// A collection that has been read, unless it is empty.
template <class T>
std::optional<Value> filled(std::optional<T> collection) {
  if (!collection || collection->size() == 0) return std::nullopt;
  return Value(std::move(*collection));
}

std::optional<Value> read_text(FieldReader& from) {
  const auto text = from.text();
  return text ? std::optional<Value>(std::string(*text)) : std::nullopt;
}

std::optional<List> read_list(FieldReader& from, const EncodingLimits& limits) {
  List list;
  auto left = from.length();
  if (!left) return std::nullopt;
  for (; *left > 0; --*left) {
    const auto element = from.text();
    if (!element || !Listpack().fits(element->size())) return std::nullopt;
    list.push_back(*element, limits);
  }
  return list;
}

std::optional<List> read_list_of_ziplist(FieldReader& from, const EncodingLimits& limits) {
  const auto ziplist = from.text();
  const auto pack = ziplist ? listpack_of_ziplist(*ziplist) : std::nullopt;
  if (!pack) return std::nullopt;
  List list;
  IntegerText scratch;
  for (auto p = pack->first(); p != Listpack::kEnd; p = pack->next(p)) {
    list.push_back(pack->get(p).view(scratch), limits);
  }
  return list;
}

// A node that holds one element alone, which Redis makes of very large ones, is a listpack of one
// here.
std::optional<Listpack> read_plain_node(FieldReader& from) {
  const auto element = from.text();
  Listpack pack;
  if (!element || element->empty() || !pack.fits(element->size())) return std::nullopt;
  pack.push_back(*element);
  return pack;
}

std::optional<Listpack> read_listpack(FieldReader& from) {
  const auto bytes = from.text();
  return bytes ? Listpack::parse(*bytes) : std::nullopt;
}

std::optional<Listpack> read_ziplist(FieldReader& from) {
  const auto bytes = from.text();
  return bytes ? listpack_of_ziplist(*bytes) : std::nullopt;
}

std::optional<Listpack> read_node(FieldReader& from) {
  const auto form = from.length();
  if (form == static_cast<std::uint64_t>(ListNodeForm::kPlain)) return read_plain_node(from);
  if (form == static_cast<std::uint64_t>(ListNodeForm::kPacked)) return read_listpack(from);
  return std::nullopt;
}

// Empty nodes are left out, as in Redis.
template <class ReadNode>
std::optional<List> read_list_of_nodes(FieldReader& from, const ReadNode& read) {
  List list;
  auto left = from.length();
  if (!left) return std::nullopt;
  for (; *left > 0; --*left) {
    auto node = read(from);
    if (!node) return std::nullopt;
    list.append(std::move(*node));
  }
  return list;
}

std::optional<Set> read_set(FieldReader& from, const EncodingLimits& limits) {
  Set set;
  auto left = from.length();
  if (!left) return std::nullopt;
  for (; *left > 0; --*left) {
    const auto member = from.text();
    if (!member || !set.add(*member, limits)) return std::nullopt;
  }
  return set;
}

std::optional<Set> read_intset(FieldReader& from, const EncodingLimits& limits) {
  const auto bytes = from.text();
  auto integers = bytes ? Intset::parse(*bytes) : std::nullopt;
  if (!integers) return std::nullopt;
  return Set(std::move(*integers), limits);
}

template <class ReadScore>
std::optional<SortedSet> read_sorted_set(FieldReader& from, const EncodingLimits& limits,
                                         const ReadScore& read_score) {
  SortedSet set;
  auto left = from.length();
  if (!left) return std::nullopt;
  for (; *left > 0; --*left) {
    const auto text = from.text();
    if (!text) return std::nullopt;
    const std::string member(*text);
    const std::optional<double> score = read_score(from);
    if (!score || set.set(member, *score, limits) != SortedSet::Change::kAdded) return std::nullopt;
  }
  return set;
}

std::optional<Hash> read_hash(FieldReader& from, const EncodingLimits& limits) {
  Hash hash;
  auto left = from.length();
  if (!left) return std::nullopt;
  for (; *left > 0; --*left) {
    const auto text = from.text();
    if (!text) return std::nullopt;
    const std::string field(*text);
    const auto value = from.text();
    if (!value || !hash.set(field, *value, limits)) return std::nullopt;
  }
  return hash;
}

// A zipmap's pairs go through all limits, unlike a ziplist's: as in Redis.
std::optional<Hash> read_zipmap(FieldReader& from, const EncodingLimits& limits) {
  const auto bytes = from.text();
  const auto pairs = bytes ? listpack_of_zipmap(*bytes) : std::nullopt;
  if (!pairs) return std::nullopt;
  Hash hash;
  IntegerText field_scratch, value_scratch;
  for (auto p = pairs->first(); p != Listpack::kEnd; p = pairs->next(p)) {
    const std::string_view field = pairs->get(p).view(field_scratch);
    p = pairs->next(p);
    if (!hash.set(field, pairs->get(p).view(value_scratch), limits)) return std::nullopt;
  }
  return hash;
}

// A Hash or a SortedSet.
template <class T>
std::optional<T> of_pairs(std::optional<Listpack> pairs, const EncodingLimits& limits) {
  return pairs ? T::from_listpack(std::move(*pairs), limits) : std::nullopt;
}

}  // namespace

std::optional<Value> read_value(std::uint8_t form, FieldReader& from,
                                const EncodingLimits& limits) {
  switch (static_cast<ValueForm>(form)) {
    case ValueForm::kText:
      return read_text(from);
    case ValueForm::kList:
      return filled(read_list(from, limits));
    case ValueForm::kListZiplist:
      return filled(read_list_of_ziplist(from, limits));
    case ValueForm::kListOfZiplists:
      return filled(read_list_of_nodes(from, read_ziplist));
    case ValueForm::kListOfNodes:
      return filled(read_list_of_nodes(from, read_node));
    case ValueForm::kSet:
      return filled(read_set(from, limits));
    case ValueForm::kSetIntset:
      return filled(read_intset(from, limits));
    case ValueForm::kSortedSetTextual:
      return filled(
          read_sorted_set(from, limits, [](FieldReader& f) { return f.textual_double(); }));
    case ValueForm::kSortedSet:
      return filled(
          read_sorted_set(from, limits, [](FieldReader& f) { return f.binary_double(); }));
    case ValueForm::kSortedSetZiplist:
      return filled(of_pairs<SortedSet>(read_ziplist(from), limits));
    case ValueForm::kSortedSetListpack:
      return filled(of_pairs<SortedSet>(read_listpack(from), limits));
    case ValueForm::kHash:
      return filled(read_hash(from, limits));
    case ValueForm::kHashZipmap:
      return filled(read_zipmap(from, limits));
    case ValueForm::kHashZiplist:
      return filled(of_pairs<Hash>(read_ziplist(from), limits));
    case ValueForm::kHashListpack:
      return filled(of_pairs<Hash>(read_listpack(from), limits));
    case ValueForm::kStreamWithoutCounters:
    case ValueForm::kStream: {
      auto stream = read_stream(form == static_cast<std::uint8_t>(ValueForm::kStream), from);
      return stream ? std::optional<Value>(std::move(*stream)) : std::nullopt;
    }
  }
  return std::nullopt;
}

}  // namespace weir::redis::rdb
