#include "servers/redis/types/stream.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace weir::redis {
namespace {

using Fields = std::vector<std::string>;
using Entries = std::vector<std::pair<StreamId, Fields>>;
constexpr Direction kForward = Direction::kForward;
constexpr Direction kBackward = Direction::kBackward;

void append(Stream& stream, StreamId id, const Fields& fields,
            const EncodingLimits& limits = EncodingLimits()) {
  const std::vector<std::string_view> views(fields.begin(), fields.end());
  ASSERT_TRUE(Stream::fits(views));
  stream.append(id, views, limits);
}

Entries entries_of(const Stream& stream, StreamId first = {}, StreamId last = StreamId::max(),
                   Direction direction = kForward, size_t count = SIZE_MAX) {
  Entries entries;
  const size_t visited = stream.range(first, last, direction, count, [&](const StreamEntry& entry) {
    Fields fields;
    entry.for_each([&](std::string_view field, std::string_view value) {
      fields.emplace_back(field);
      fields.emplace_back(value);
    });
    EXPECT_EQ(entry.field_count() * 2, fields.size());
    entries.emplace_back(entry.id(), fields);
  });
  EXPECT_EQ(visited, entries.size());
  return entries;
}

TEST(StreamId, ReadsAndWrites) {
  EXPECT_EQ(StreamId::parse("5-7", 0), (StreamId{5, 7}));
  EXPECT_EQ(StreamId::parse("5", 9), (StreamId{5, 9}));
  EXPECT_EQ(StreamId::parse("007-01", 0), (StreamId{7, 1}));
  EXPECT_EQ(StreamId::parse("18446744073709551615-18446744073709551615", 0), StreamId::max());
  EXPECT_EQ(StreamId::parse(std::string(126, '0') + "7", 0), (StreamId{7, 0}));
  // What Redis takes too: it reads what is no canonical integer with strtoull().
  EXPECT_EQ(StreamId::parse("+5", 0), (StreamId{5, 0}));
  EXPECT_EQ(StreamId::parse(" \t5- +6", 0), (StreamId{5, 6}));
  EXPECT_EQ(StreamId::parse("5--0", 0), (StreamId{5, 0}));
  EXPECT_EQ(StreamId::parse("5--06", 0), (StreamId{5, StreamId::kMaxPart - 5}));
  EXPECT_EQ(StreamId::parse(std::string(127, '0') + "7", 0), std::nullopt);
  for (const char* wrong :
       {"", "-", "5-", "-5", "a", "5-a", "5 ", "5-6-7", "5--6", " ", "+", "+-5", "5-+-6", "5-++6",
        "18446744073709551616", "5-18446744073709551616", "5--18446744073709551616", "*", "5-*"}) {
    EXPECT_EQ(StreamId::parse(wrong, 0), std::nullopt) << wrong;
  }
  StreamIdText text;
  EXPECT_EQ(text.format({0, 0}), "0-0");
  EXPECT_EQ(text.format(StreamId::max()), "18446744073709551615-18446744073709551615");
}

TEST(StreamId, HasNeighbours) {
  EXPECT_EQ((StreamId{5, 7}).next(), (StreamId{5, 8}));
  EXPECT_EQ((StreamId{5, StreamId::kMaxPart}).next(), (StreamId{6, 0}));
  EXPECT_EQ(StreamId::max().next(), std::nullopt);
  EXPECT_EQ((StreamId{5, 7}).previous(), (StreamId{5, 6}));
  EXPECT_EQ((StreamId{5, 0}).previous(), (StreamId{4, StreamId::kMaxPart}));
  EXPECT_EQ((StreamId{0, 0}).previous(), std::nullopt);
}

TEST(Stream, IsEmptyAtFirst) {
  Stream stream;
  EXPECT_EQ(stream.size(), 0u);
  EXPECT_EQ(stream.first_id(), StreamId());
  EXPECT_EQ(entries_of(stream), Entries());
  EXPECT_FALSE(stream.erase({1, 1}));
  EXPECT_EQ(stream.trim_to_length(0, {}), 0u);
  EXPECT_EQ(stream.trim_below(StreamId::max(), {}), 0u);
  EXPECT_EQ(stream.memory_usage(), 0u);
}

TEST(Stream, MakesIds) {
  Stream stream;
  EXPECT_EQ(stream.next_id(0), (StreamId{0, 1}));
  EXPECT_EQ(stream.next_id(9), (StreamId{9, 0}));
  stream.set_last_id({100, 5});
  EXPECT_EQ(stream.next_id(99), (StreamId{100, 6}));  // the clock went back
  EXPECT_EQ(stream.next_id_at(99), std::nullopt);
  EXPECT_EQ(stream.next_id_at(100), (StreamId{100, 6}));
  EXPECT_EQ(stream.next_id_at(101), (StreamId{101, 0}));
  stream.set_last_id({100, StreamId::kMaxPart});
  EXPECT_EQ(stream.next_id(100), (StreamId{101, 0}));
  EXPECT_EQ(stream.next_id_at(100), std::nullopt);
  stream.set_last_id(StreamId::max());
  EXPECT_EQ(stream.next_id(5), std::nullopt);
}

TEST(Stream, KeepsFieldsOfEveryShape) {
  const Entries entries = {{{1, 5}, {"a", "1", "b", "2"}},
                           {{1, 6}, {"a", "x", "b", "-7"}},
                           {{2, 0}, {"b", "1", "a", "2"}},
                           {{2, 1}, {"a", "1"}},
                           {{3, 0}, {"a", "", "b", "0"}},
                           {{3, 1}, {"", ""}},
                           {{4, 0}, {"a", "1", "b", "2", "c", "3"}},
                           {{5, 0}, {"12", "9223372036854775807", "-1", "x"}},
                           {{StreamId::kMaxPart, 0}, {"a", "1", "b", std::string(300, 'v')}},
                           {StreamId::max(), {"a", "end", "b", "end"}}};
  Stream stream;
  for (const auto& [id, fields] : entries) append(stream, id, fields);
  EXPECT_EQ(stream.node_count(), 1u);
  EXPECT_EQ(entries_of(stream), entries);
  EXPECT_EQ(entries_of(stream, {}, StreamId::max(), kBackward),
            Entries(entries.rbegin(), entries.rend()));
  EXPECT_EQ(stream.last_id(), StreamId::max());
  EXPECT_EQ(stream.first_id(), (StreamId{1, 5}));
}

std::string hex(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) {
    for (const int shift : {4, 0}) text += "0123456789abcdef"[(byte >> shift) & 15];
  }
  return text;
}

// What redis-server 7.0.15 dumps for the same commands.
TEST(StreamNode, HasRedisLayout) {
  using Views = std::vector<std::string_view>;
  const uint64_t ms = 1526919030474;
  const Views first{"sensor", "17", "name", "x"};
  StreamNode node({ms, 55}, first);
  node.append({ms, 55}, first);
  node.append({ms, 56}, Views{"sensor", "18", "name", "-7"});
  node.append({ms + 6, 0}, Views{"other", "yes"});
  node.append({ms + 7, 1}, Views{"sensor", "300", "name", "longer"});
  EXPECT_TRUE(node.erase({ms, 56}));
  EXPECT_EQ(
      hex(node.listpack().serialized()),
      "620000001f000301010102018673656e736f7207846e616d65050001020100010001110181780205010301000101"
      "011201dff902050100010601dfc9020101856f74686572068379657304060102010701dfca02c12c02866c6f6e67"
      "6572070501ff");
}

TEST(Stream, BoundsItsNodes) {
  EncodingLimits limits;
  limits.stream_node_max_entries = 10;
  Stream by_count;
  for (uint64_t i = 1; i <= 95; ++i) append(by_count, {i, 0}, {"f", "v"}, limits);
  EXPECT_EQ(by_count.node_count(), 10u);

  limits.stream_node_max_entries = 0;
  limits.stream_node_max_bytes = 1000;
  Stream by_bytes;
  for (uint64_t i = 1; i <= 95; ++i) append(by_bytes, {i, 0}, {"f", std::string(90, 'v')}, limits);
  EXPECT_NEAR(static_cast<double>(by_bytes.node_count()), 10, 2);
  append(by_bytes, {96, 0}, {"f", std::string(5000, 'v')}, limits);
  EXPECT_EQ(entries_of(by_bytes).size(), 96u);

  limits.stream_node_max_bytes = 0;
  Stream unbounded;
  for (uint64_t i = 1; i <= 5000; ++i) append(unbounded, {i, 0}, {"f", "v"}, limits);
  EXPECT_EQ(unbounded.node_count(), 1u);
  EXPECT_EQ(entries_of(unbounded).size(), 5000u);
}

Stream hundred() {  // ten nodes of ten entries, ids 1-0 to 100-0
  EncodingLimits limits;
  limits.stream_node_max_entries = 10;
  Stream stream;
  for (uint64_t i = 1; i <= 100; ++i) append(stream, {i, 0}, {"n", std::to_string(i)}, limits);
  return stream;
}

TEST(Stream, TrimsExactlyOrByNodes) {
  Stream stream = hundred();
  EXPECT_EQ(stream.trim_to_length(100, {}), 0u);
  EXPECT_EQ(stream.trim_to_length(85, {.whole_nodes = true}), 10u);
  EXPECT_EQ(stream.trim_to_length(85, {}), 5u);
  EXPECT_EQ(stream.first_id(), (StreamId{16, 0}));
  EXPECT_EQ(stream.trim_below({18, 1}, {.whole_nodes = true}), 0u);
  EXPECT_EQ(stream.trim_below({18, 1}, {}), 3u);
  EXPECT_EQ(stream.trim_below({41, 0}, {.whole_nodes = true, .limit = 15}), 12u);
  EXPECT_EQ(stream.trim_below({41, 0}, {.limit = 5}), 5u);
  EXPECT_EQ(stream.first_id(), (StreamId{36, 0}));
  EXPECT_EQ(stream.trim_to_length(50, {.whole_nodes = true, .limit = 4}), 0u);
  EXPECT_EQ(stream.size(), 65u);
  EXPECT_EQ(stream.max_deleted_id(), StreamId());
  EXPECT_EQ(stream.entries_added(), 100u);
  EXPECT_EQ(stream.trim_to_length(0, {}), 65u);
  EXPECT_EQ(stream.node_count(), 0u);
  EXPECT_EQ(stream.memory_usage(), 0u);
  EXPECT_EQ(stream.last_id(), (StreamId{100, 0}));
}

TEST(Stream, FreesANodeWhenAllItsEntriesAreErased) {
  Stream stream = hundred();
  for (uint64_t i = 11; i <= 20; ++i) {
    EXPECT_TRUE(stream.erase({i, 0}));
    EXPECT_FALSE(stream.erase({i, 0}));
  }
  EXPECT_EQ(stream.node_count(), 9u);
  EXPECT_EQ(stream.max_deleted_id(), (StreamId{20, 0}));
  EXPECT_EQ(entries_of(stream, {10, 0}, {21, 0}).size(), 2u);
  EXPECT_FALSE(stream.erase({15, 0}));
  EXPECT_FALSE(stream.erase({15, 1}));
  EXPECT_FALSE(stream.erase({0, 1}));
  EXPECT_FALSE(stream.erase(StreamId::max()));
}

TEST(Stream, OwnsItsGroups) {
  Stream stream = hundred();
  const size_t without = stream.memory_usage();
  EXPECT_EQ(stream.find_group("g"), nullptr);
  EXPECT_FALSE(stream.remove_group("g"));
  EXPECT_TRUE(stream.add_group("g", StreamGroup({5, 0}, 5)));
  EXPECT_FALSE(stream.add_group("g", StreamGroup({6, 0}, 6)));
  EXPECT_TRUE(stream.add_group("", StreamGroup({}, std::nullopt)));
  stream.find_group("g")->assign({1, 0}, {&stream.find_group("g")->see_consumer("c", 1), 1, 1});
  EXPECT_EQ(stream.groups().begin()->first, "");
  const Stream moved = std::move(stream);
  const StreamGroup& group = moved.groups().at("g");
  EXPECT_EQ(group.find_pending({1, 0})->consumer, &group.consumers().at("c"));
  EXPECT_GT(moved.memory_usage(), without);
}

TEST(Stream, LooksPastErasedEntriesAboveItsLastId) {
  EncodingLimits limits;
  limits.stream_node_max_entries = 2;
  Stream stream;
  append(stream, {1, 0}, {"f", "1"}, limits);
  append(stream, {5, 0}, {"f", "5"}, limits);
  stream.erase({5, 0});
  stream.set_last_id({3, 0});
  append(stream, {4, 0}, {"f", "4"}, limits);
  EXPECT_EQ(stream.node_count(), 2u);
  EXPECT_EQ(entries_of(stream, {1, 0}, {4, 0}).size(), 2u);
  EXPECT_EQ(entries_of(stream, {1, 0}, {4, 0}, kBackward).size(), 2u);
  const Stream copy = stream.clone();
  EXPECT_EQ(copy.node_count(), 2u);
  EXPECT_EQ(entries_of(copy), entries_of(stream));
  EXPECT_EQ(copy.last_id(), (StreamId{4, 0}));
  EXPECT_EQ(copy.max_deleted_id(), (StreamId{5, 0}));
  EXPECT_EQ(copy.entries_added(), 3u);

  limits.stream_node_max_entries = 0;
  append(stream, {5, 0}, {"f", "once more"}, limits);
  stream.erase({5, 0});
  stream.set_last_id({4, 0});
  append(stream, {4, 1}, {"f", "behind it in its node"}, limits);
  Stream again;
  stream.for_each_node([&](const StreamNode& node) {
    auto parsed = StreamNode::from_listpack(node.first_id(), node.listpack().clone());
    ASSERT_TRUE(parsed && again.append(std::move(*parsed)));
  });
  EXPECT_EQ(entries_of(again), entries_of(stream));
  EXPECT_EQ(again.last_id(), (StreamId{4, 1}));
  EXPECT_TRUE(stream.erase({4, 1}));
  EXPECT_FALSE(stream.erase({4, 1}));
  EXPECT_EQ(stream.size(), 2u);
}

// By the rules of Redis' documentation of XINFO GROUPS.
TEST(Stream, CountsWhatAGroupHasRead) {
  Stream stream = hundred();
  const auto lag_from = [&stream](uint64_t ms, std::optional<int64_t> read = std::nullopt) {
    return stream.lag(StreamGroup({ms, 0}, read));
  };
  EXPECT_EQ(Stream().lag(StreamGroup({7, 0}, 9)), 0);
  EXPECT_EQ(lag_from(0), 100);
  EXPECT_EQ(lag_from(1), 99);
  EXPECT_EQ(lag_from(2), std::nullopt);  // amid the stream
  EXPECT_EQ(lag_from(2, 2), 98);
  EXPECT_EQ(lag_from(100), 0);
  EXPECT_EQ(lag_from(101), std::nullopt);

  EXPECT_TRUE(stream.erase({50, 0}));
  EXPECT_EQ(lag_from(0), std::nullopt);
  EXPECT_EQ(lag_from(50, 50), std::nullopt);
  EXPECT_EQ(lag_from(51, 51), 49);
  StreamGroup group({48, 0}, 48);
  stream.advance(group, {49, 0});
  EXPECT_EQ(group.entries_read(), std::nullopt);
  stream.advance(group, {99, 0});
  EXPECT_EQ(group.entries_read(), std::nullopt);
  stream.advance(group, {100, 0});
  EXPECT_EQ(group.entries_read(), 100);
  EXPECT_EQ(group.last_id(), (StreamId{100, 0}));

  stream.trim_below({51, 0}, {});
  EXPECT_EQ(lag_from(0), 50);  // what was erased lies in front of the stream now
  stream.trim_to_length(0, {});
  EXPECT_EQ(lag_from(3), 0);
  stream.set_entries_added(UINT64_MAX);
  EXPECT_EQ(lag_from(100, INT64_MAX), INT64_MIN);  // wraps
}

// Every operation at random, next to a std::map.
void churn(uint64_t seed, const EncodingLimits& limits, int operations) {
  std::mt19937_64 random(seed);
  Stream stream;
  std::map<StreamId, Fields> model;
  StreamId last;
  uint64_t added = 0;
  const auto any_id = [&] { return StreamId{random() % (last.ms + 3), random() % 6}; };
  const auto any_text = [&] {
    return random() % 3 == 0 ? std::to_string(static_cast<int64_t>(random()) >> (random() % 64))
                             : std::string(random() % 40, static_cast<char>(random()));
  };
  for (int i = 0; i < operations; ++i) {
    const uint64_t kind = random() % 100;
    if (kind < 60) {
      last = random() % 3 != 0 ? StreamId{last.ms, last.seq + 1 + random() % 2}
                               : StreamId{last.ms + 1 + random() % 3, random() % 4};
      Fields fields = {"sensor", any_text(), "value", any_text()};
      if (random() % 4 == 0) fields = {any_text(), any_text()};
      append(stream, last, fields, limits);
      model.emplace(last, fields);
      ++added;
    } else if (kind < 90) {
      const StreamId id = any_id();
      ASSERT_EQ(stream.erase(id), model.erase(id) > 0);
    } else if (kind < 92) {
      const size_t keep = model.size() - std::min<size_t>(model.size(), random() % 300);
      const bool whole = random() % 2 == 0;
      const size_t gone = stream.trim_to_length(keep, {.whole_nodes = whole});
      ASSERT_TRUE(whole || stream.size() == std::min(keep, model.size()));
      ASSERT_LE(gone, model.size() - std::min(keep, model.size()));
      for (size_t n = 0; n < gone; ++n) model.erase(model.begin());
    } else if (kind < 94 && !model.empty()) {
      const StreamId bound =
          std::next(model.begin(),
                    static_cast<long>(random() % std::min<size_t>(model.size(), 300)))
              ->first;
      const bool whole = random() % 2 == 0;
      const size_t gone = stream.trim_below(bound, {.whole_nodes = whole});
      for (size_t n = 0; n < gone; ++n) {
        ASSERT_LT(model.begin()->first, bound);
        model.erase(model.begin());
      }
      ASSERT_TRUE(whole || model.begin()->first == bound);
    } else {
      const StreamId a = any_id(), b = any_id();
      const size_t count = random() % 20;
      Entries expected;
      if (a <= b) expected.assign(model.lower_bound(a), model.upper_bound(b));
      Entries reversed(expected.rbegin(), expected.rend());
      if (expected.size() > count) expected.resize(count);
      if (reversed.size() > count) reversed.resize(count);
      ASSERT_EQ(entries_of(stream, a, b, kForward, count), expected);
      ASSERT_EQ(entries_of(stream, a, b, kBackward, count), reversed);
    }
    ASSERT_EQ(stream.size(), model.size());
    if (i % (operations / 50) == 0) {
      ASSERT_EQ(entries_of(stream), Entries(model.begin(), model.end()));
      stream = stream.clone();
    }
    ASSERT_EQ(stream.first_id(), model.empty() ? StreamId() : model.begin()->first);
  }
  EXPECT_EQ(stream.last_id(), last);
  EXPECT_EQ(stream.entries_added(), added);
  stream.trim_to_length(0, {});
  EXPECT_EQ(stream.memory_usage(), 0u);
}

TEST(Stream, ChurnsWithDefaultLimits) { churn(1, EncodingLimits(), 100'000); }

TEST(Stream, ChurnsWithSmallNodes) {
  EncodingLimits limits;
  limits.stream_node_max_entries = 5;
  limits.stream_node_max_bytes = 150;
  churn(2, limits, 100'000);
}

TEST(Stream, ChurnsWithLargeNodes) {
  EncodingLimits limits;
  limits.stream_node_max_entries = 0;
  limits.stream_node_max_bytes = 0;
  churn(3, limits, 20'000);
}

}  // namespace
}  // namespace weir::redis
