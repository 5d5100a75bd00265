// libFuzzer entry for RESTORE. The input is a payload without its end, which is made right here:
// the fuzzer need not guess a checksum. What is restored must be usable like any other value: it is
// walked, found again by what the walk gave, dumped, restored from that, changed and dumped again.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/check.h"
#include "servers/redis/rdb/dump_payload.h"
#include "servers/redis/rdb/payloads.h"
#include "servers/redis/rdb/value.h"

namespace {

using weir::redis::Direction;
using weir::redis::EncodingLimits;
using weir::redis::Hash;
using weir::redis::IntegerText;
using weir::redis::List;
using weir::redis::Set;
using weir::redis::SortedSet;
using weir::redis::Stream;
using weir::redis::StreamConsumer;
using weir::redis::StreamEntry;
using weir::redis::StreamGroup;
using weir::redis::StreamId;
namespace rdb = weir::redis::rdb;

constexpr EncodingLimits kLimits;

using Texts = std::vector<std::string>;

Texts walk(const std::string& text) { return {text}; }

Texts walk(const List& list) {
  Texts texts;
  IntegerText scratch;
  list.for_each([&](const List::Element& element) {
    texts.emplace_back(element.view(scratch));
    return true;
  });
  size_t left = texts.size();
  list.visit_backward(list.size() - 1, list.size(), [&](const List::Element& element) {
    WEIR_CHECK(element.view(scratch) == texts[--left]);
    return true;
  });
  WEIR_CHECK(left == 0 && texts.size() == list.size());
  return texts;
}

Texts walk(const Set& set) {
  Texts texts;
  set.for_each([&](std::string_view member) { texts.emplace_back(member); });
  for (const std::string& member : texts) WEIR_CHECK(set.contains(member));
  WEIR_CHECK(texts.size() == set.size());
  std::sort(texts.begin(), texts.end());
  return texts;
}

Texts walk(const SortedSet& set) {
  Texts texts;
  double before = 0;
  set.visit({0, set.size()}, Direction::kForward, [&](std::string_view member, double score) {
    const std::string name(member);
    WEIR_CHECK(set.score(name) == score && set.rank(name, Direction::kForward) == texts.size());
    WEIR_CHECK(texts.empty() || before < score || (before == score && texts.back() < name));
    before = score;
    texts.push_back(name);
  });
  WEIR_CHECK(texts.size() == set.size());
  return texts;
}

Texts walk(const Hash& hash) {
  Texts texts;
  IntegerText scratch;
  hash.for_each([&](std::string_view field, std::string_view value) {
    WEIR_CHECK(hash.get(std::string(field), scratch) == value);
    texts.push_back(std::string(field) + '=' + std::string(value));
  });
  WEIR_CHECK(texts.size() == hash.size());
  std::sort(texts.begin(), texts.end());
  return texts;
}

// A pending entry, and whose it is.
std::string text_of(StreamId id, const StreamGroup::Delivery& delivery) {
  return std::to_string(id.ms) + '-' + std::to_string(id.seq) + ' ' +
         std::string(delivery.consumer->name()) + ' ' + std::to_string(delivery.time_ms) + ' ' +
         std::to_string(delivery.count);
}

// Each pending entry must be found once in the group's order and once in its consumer's.
void walk(const StreamGroup& group, Texts& texts) {
  const size_t first = texts.size();
  group.for_each_pending({}, [&](StreamId id, const StreamGroup::Delivery& delivery) {
    WEIR_CHECK(group.find_pending(id) == &delivery);
    texts.push_back(text_of(id, delivery));
    return true;
  });
  WEIR_CHECK(texts.size() == first + group.pending_count());
  size_t owned = 0;
  for (const auto& [name, consumer] : group.consumers()) {
    texts.push_back(name + ' ' + std::to_string(consumer.seen_ms()));
    const size_t before = owned;
    group.for_each_pending(consumer, {}, [&](StreamId, const StreamGroup::Delivery& delivery) {
      WEIR_CHECK(delivery.consumer == &consumer);
      ++owned;
      return true;
    });
    WEIR_CHECK(owned == before + consumer.pending_count());
  }
  WEIR_CHECK(owned == group.pending_count());
}

void walk_groups(const Stream& stream, Texts& texts) {
  for (const auto& [name, group] : stream.groups()) {
    texts.push_back(name + ' ' + std::to_string(group.entries_read().value_or(-1)) + ' ' +
                    std::to_string(stream.lag(group).value_or(-1)));
    walk(group, texts);
  }
}

Texts walk(const Stream& stream) {
  Texts texts;
  StreamId before;
  const auto visit = [&](const StreamEntry& entry) {
    WEIR_CHECK(texts.empty() || before < entry.id());
    before = entry.id();
    texts.emplace_back();
    entry.for_each([&](std::string_view field, std::string_view value) {
      texts.back() += std::string(field) + '=' + std::string(value) + ',';
    });
  };
  stream.range(StreamId(), StreamId::max(), Direction::kForward, SIZE_MAX, visit);
  WEIR_CHECK(texts.size() == stream.size() && (texts.empty() || before <= stream.last_id()));
  const size_t backward = stream.range(StreamId(), StreamId::max(), Direction::kBackward, SIZE_MAX,
                                       [&](const StreamEntry& entry) {
                                         WEIR_CHECK(entry.id() <= before);
                                         before = entry.id();
                                       });
  WEIR_CHECK(backward == texts.size());
  walk_groups(stream, texts);
  return texts;
}

void change(std::string& text) { text += 'x'; }

void change(List& list) {
  list.push_front("front", kLimits);
  list.push_back("7", kLimits);
  list.insert_before("7", "before", kLimits);
  list.set(static_cast<long>(list.size() / 2), "set", kLimits);
  list.remove(0, "set", kLimits);
  list.trim(1, list.size());
}

void change(Set& set) {
  set.add("-5", kLimits);
  set.add("no number", kLimits);
  set.remove(walk(set).front());
}

void change(SortedSet& set) {
  set.set(walk(set).front(), 3.5, kLimits);
  set.set("new", -1, kLimits);
  set.set(std::string(100, 'l'), 0, kLimits);
  set.erase(walk(set).back());
}

void change(Hash& hash) {
  hash.set("field", "value", kLimits);
  hash.set(std::string(100, 'l'), "", kLimits);
  hash.erase("field");
}

void change(StreamGroup& group) {
  StreamConsumer& consumer = group.see_consumer("consumer", 1);
  if (const auto id = group.last_pending()) group.assign(*id, {&consumer, 2, 1});
  if (const auto id = group.next_pending({})) WEIR_CHECK(group.acknowledge(*id));
  group.assign({5, 5}, {&consumer, 3, 1});
  group.remove_consumer(group.consumers().begin()->first);
}

void change(Stream& stream) {
  const std::vector<std::string_view> fields = {"field", "value"};
  if (const auto id = stream.next_id(0)) stream.append(*id, fields, kLimits);
  if (stream.size() != 0) WEIR_CHECK(stream.erase(stream.first_id()));
  stream.trim_to_length(stream.size() / 2, {});
  stream.trim_below(stream.first_id(), {});
  if (!stream.groups().empty()) change(*stream.find_group(stream.groups().begin()->first));
  WEIR_CHECK(walk(stream.clone()) == walk(stream));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* input, size_t size) {
  const std::string body(reinterpret_cast<const char*>(input), size);
  WEIR_CHECK(rdb::verified(rdb::with_end(body)) == body);
  auto value = rdb::restore(body, kLimits);
  if (!value) return 0;
  std::visit(
      []<class T>(T& held) {
        const Texts texts = walk(held);
        // Once is not enough: the first takes the value.
        const std::string payload = rdb::dumped(std::move(held));
        auto again = rdb::restore(rdb::body_of(payload), kLimits);
        WEIR_CHECK(again && walk(std::get<T>(*again)) == texts);
        change(std::get<T>(*again));
        walk(std::get<T>(*again));
        const bool is_empty = std::get<T>(*again).size() == 0;
        const std::string changed = rdb::dumped(std::move(*again));
        WEIR_CHECK(is_empty || rdb::restore(rdb::body_of(changed), kLimits));
      },
      *value);
  return 0;
}
