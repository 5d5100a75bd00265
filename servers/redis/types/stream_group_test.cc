#include "servers/redis/types/stream_group.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "tests/fakes/sanitized.h"

namespace weir::redis {
namespace {

// Id, consumer, time and count of deliveries.
using Pending = std::tuple<StreamId, std::string, int64_t, uint64_t>;

Pending pending(StreamId id, const StreamGroup::Delivery& delivery) {
  return {id, std::string(delivery.consumer->name()), delivery.time_ms, delivery.count};
}

std::vector<Pending> pending_of(const StreamGroup& group, StreamId first = {}) {
  std::vector<Pending> all;
  group.for_each_pending(first, [&](StreamId id, const StreamGroup::Delivery& delivery) {
    all.push_back(pending(id, delivery));
    return true;
  });
  return all;
}

std::vector<Pending> pending_of(const StreamGroup& group, const StreamConsumer& consumer,
                                StreamId first = {}) {
  std::vector<Pending> all;
  group.for_each_pending(consumer, first, [&](StreamId id, const StreamGroup::Delivery& delivery) {
    all.push_back(pending(id, delivery));
    return true;
  });
  return all;
}

TEST(StreamGroup, KnowsItsConsumers) {
  StreamGroup group({5, 1}, 7);
  EXPECT_EQ(group.last_id(), (StreamId{5, 1}));
  EXPECT_EQ(group.entries_read(), 7);
  EXPECT_EQ(group.find_consumer("a"), nullptr);
  EXPECT_EQ(group.remove_consumer("a"), 0u);
  StreamConsumer& b = group.see_consumer("b", 100);
  EXPECT_EQ(&group.see_consumer("b", 200), &b);
  EXPECT_EQ(b.seen_ms(), 200);
  group.see_consumer("", 1);
  group.see_consumer(std::string_view("\xff\0x", 3), 1);
  group.see_consumer("a", 1);
  std::vector<std::string> names;
  for (const auto& [name, consumer] : group.consumers()) {
    EXPECT_EQ(name, consumer.name());
    names.push_back(name);
  }
  EXPECT_EQ(names, (std::vector<std::string>{"", "a", "b", std::string("\xff\0x", 3)}));
}

TEST(StreamGroup, MovesPendingEntriesBetweenConsumers) {
  StreamGroup group({}, std::nullopt);
  StreamConsumer& a = group.see_consumer("a", 1);
  StreamConsumer& b = group.see_consumer("b", 1);
  EXPECT_EQ(group.find_pending({1, 0}), nullptr);
  EXPECT_FALSE(group.acknowledge({1, 0}));
  group.assign({2, 0}, {&a, 10, 1});
  group.assign({1, 0}, {&a, 11, 1});
  group.assign({2, 0}, {&b, 12, 2});
  EXPECT_EQ(pending_of(group), (std::vector<Pending>{{{1, 0}, "a", 11, 1}, {{2, 0}, "b", 12, 2}}));
  EXPECT_EQ(a.pending_count(), 1u);
  EXPECT_EQ(b.pending_count(), 1u);
  EXPECT_EQ(group.next_pending({1, 1}), (StreamId{2, 0}));
  EXPECT_EQ(group.next_pending({2, 1}), std::nullopt);
  EXPECT_EQ(group.last_pending(), (StreamId{2, 0}));
  EXPECT_TRUE(group.acknowledge({1, 0}));
  EXPECT_EQ(a.pending_count(), 0u);
  EXPECT_EQ(group.remove_consumer("b"), 1u);
  EXPECT_EQ(group.pending_count(), 0u);
  EXPECT_EQ(group.last_pending(), std::nullopt);
}

TEST(StreamGroup, DeliversAgainWhileVisiting) {
  StreamGroup group({}, std::nullopt);
  StreamConsumer& a = group.see_consumer("a", 1);
  for (uint64_t i = 0; i < 200; ++i) group.assign({i, 0}, {&a, 1, i});
  group.for_each_pending(a, {50, 0}, [&](StreamId id, const StreamGroup::Delivery& delivery) {
    group.assign(id, {&a, 2, delivery.count + 1});
    return id.ms < 149;
  });
  for (const auto& [id, name, time, count] : pending_of(group)) {
    const bool again = id.ms >= 50 && id.ms < 150;
    EXPECT_EQ(time, again ? 2 : 1);
    EXPECT_EQ(count, id.ms + (again ? 1 : 0));
  }
}

TEST(StreamGroup, ClonesWithConsumersOfItsOwn) {
  StreamGroup group({5, 1}, 7);
  StreamConsumer& a = group.see_consumer("a", 100);
  group.see_consumer("b", 200);
  group.assign({1, 0}, {&a, 10, 1});
  StreamGroup copy = group.clone();
  group.acknowledge({1, 0});
  group.assign({2, 0}, {&a, 11, 1});
  group.see_consumer("a", 101);
  EXPECT_EQ(copy.last_id(), (StreamId{5, 1}));
  EXPECT_EQ(copy.entries_read(), 7);
  EXPECT_EQ(pending_of(copy), (std::vector<Pending>{{{1, 0}, "a", 10, 1}}));
  EXPECT_EQ(copy.find_pending({1, 0})->consumer, copy.find_consumer("a"));
  EXPECT_EQ(copy.find_consumer("a")->seen_ms(), 100);
  EXPECT_EQ(copy.find_consumer("b")->seen_ms(), 200);
  EXPECT_EQ(copy.remove_consumer("a"), 1u);
  EXPECT_EQ(StreamGroup({}, std::nullopt).clone().entries_read(), std::nullopt);
}

// A cloned group is as dense as one that was filled in order, whoever has what.
TEST(StreamGroup, ClonesDensely) {
  StreamGroup group({}, std::nullopt);
  StreamConsumer* const consumers[] = {&group.see_consumer("a", 1), &group.see_consumer("b", 1)};
  for (uint64_t i = 0; i < 10'000; ++i) group.assign({i, 0}, {consumers[i % 2], 1, 1});
  EXPECT_EQ(group.clone().memory_usage(), group.memory_usage());
}

TEST(StreamGroup, TellsIdleTimesOfAnyTime) {
  EXPECT_EQ(idle_ms(100, 40), 60);
  EXPECT_EQ(idle_ms(40, 100), -60);
  EXPECT_EQ(idle_ms(0, INT64_MIN), INT64_MIN);
  EXPECT_EQ(idle_ms(-2, INT64_MAX), INT64_MAX);
}

TEST(StreamGroup, TakesWhatItsHeaderSays) {
  constexpr uint64_t kEntries = 100'000;
  StreamGroup group({}, std::nullopt);
  StreamConsumer& a = group.see_consumer("a", 1);
  const size_t before = group.memory_usage();
  for (uint64_t i = 0; i < kEntries; ++i) group.assign({i, 0}, {&a, 1, 1});
  EXPECT_EQ((group.memory_usage() - before) / kEntries, 58u);
  group.remove_consumer("a");
  EXPECT_EQ(group.memory_usage(), 0u);
}

// Every operation at random, next to plain containers: the deliveries by id, the consumers by name.
TEST(StreamGroup, Churns) {
  constexpr int kOperations = fakes::kSanitized ? 30'000 : 200'000;
  std::mt19937_64 random(1);
  StreamGroup group({}, std::nullopt);
  std::map<StreamId, std::pair<std::string, std::pair<int64_t, uint64_t>>> model;
  std::set<std::string> names;
  const auto any_id = [&] { return StreamId{random() % 300, random() % 3}; };
  const auto any_name = [&] { return "consumer-" + std::to_string(random() % 8); };
  const auto expected = [&](const std::string* only, StreamId first) {
    std::vector<Pending> all;
    for (auto at = model.lower_bound(first); at != model.end(); ++at) {
      const auto& [name, delivery] = at->second;
      if (only == nullptr || *only == name) {
        all.emplace_back(at->first, name, delivery.first, delivery.second);
      }
    }
    return all;
  };
  for (int i = 0; i < kOperations; ++i) {
    const uint64_t kind = random() % 1000;
    const StreamId id = any_id();
    const std::string name = any_name();
    if (kind < 500) {
      const auto time = static_cast<int64_t>(random() % 100);
      const uint64_t count = random() % 5;
      group.assign(id, {&group.see_consumer(name, time), time, count});
      names.insert(name);
      model[id] = {name, {time, count}};
      ASSERT_EQ(group.find_consumer(name)->seen_ms(), time);
    } else if (kind < 990) {
      ASSERT_EQ(group.acknowledge(id), model.erase(id) > 0);
    } else if (kind < 995) {
      const size_t gone =
          std::erase_if(model, [&](const auto& item) { return item.second.first == name; });
      ASSERT_EQ(group.remove_consumer(name), gone);
      names.erase(name);
    } else {
      StreamGroup other = kind < 998 ? std::move(group) : group.clone();
      group = std::move(other);
    }
    ASSERT_EQ(group.pending_count(), model.size());
    const auto* found = group.find_pending(id);
    ASSERT_EQ(found != nullptr, model.contains(id));
    ASSERT_TRUE(found == nullptr || found->consumer->name() == model[id].first);
    if (i % 100 != 0) continue;
    ASSERT_EQ(pending_of(group, id), expected(nullptr, id));
    ASSERT_EQ(group.consumers().size(), names.size());
    for (const auto& [each, consumer] : group.consumers()) {
      const auto own = expected(&each, {});
      ASSERT_EQ(consumer.pending_count(), own.size());
      ASSERT_EQ(pending_of(group, consumer), own);
      ASSERT_EQ(pending_of(group, consumer, id), expected(&each, id));
    }
  }
  for (const std::string& name : names) group.remove_consumer(name);
  EXPECT_EQ(group.memory_usage(), 0u);
}

}  // namespace
}  // namespace weir::redis
