// Nodes that are taken over from outside.
#include "servers/redis/types/stream_node.h"

#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "servers/redis/types/stream.h"

namespace weir::redis {
namespace {

using Fields = std::vector<std::string_view>;

std::string text_of(const Stream& stream) {
  std::string text;
  StreamIdText id;
  stream.range({}, StreamId::max(), Direction::kForward, SIZE_MAX, [&](const StreamEntry& entry) {
    text += std::string(id.format(entry.id())) + ":";
    entry.for_each([&](std::string_view field, std::string_view value) {
      text += std::string(field) + "=" + std::string(value) + ",";
    });
  });
  return text;
}

// Entries with the same and with other fields, some of them erased.
Stream filled(int count) {
  EncodingLimits limits;
  limits.stream_node_max_entries = 7;
  Stream stream;
  std::mt19937 rng(1);
  for (int i = 1; i <= count; ++i) {
    const std::string value = std::to_string(rng() % 1000);
    const Fields same = {"field", value};
    const Fields other = {"other", "1", "field", value};
    const auto ms = static_cast<uint64_t>(i / 2);
    stream.append({ms, i % 2 == 0 ? 300u : 500u}, i % 3 == 0 ? other : same, limits);
    if (rng() % 3 == 0) stream.erase({ms, i % 2 == 0 ? 300u : 500u});
  }
  return stream;
}

std::optional<StreamNode> copy_of(const StreamNode& node) {
  return StreamNode::from_listpack(node.first_id(), node.listpack().clone());
}

TEST(StreamNode, IsTakenOver) {
  const Stream stream = filled(500);
  Stream copy;
  stream.for_each_node([&](const StreamNode& node) {
    auto taken = copy_of(node);
    ASSERT_TRUE(taken.has_value());
    ASSERT_TRUE(copy.append(std::move(*taken)));
  });
  EXPECT_EQ(text_of(copy), text_of(stream));
  EXPECT_EQ(copy.size(), stream.size());
  EXPECT_EQ(copy.node_count(), stream.node_count());
  EXPECT_EQ(copy.memory_usage(), stream.memory_usage());
}

TEST(StreamNode, ComesBehindAllOthers) {
  const Stream stream = filled(30);
  Stream copy;
  stream.for_each_node([&](const StreamNode& node) {
    ASSERT_TRUE(copy.append(*copy_of(node)));
    ASSERT_FALSE(copy.append(*copy_of(node)));
  });
  EXPECT_EQ(copy.size(), stream.size());
}

TEST(StreamNode, IsLeftOutWithoutLiveEntries) {
  const Fields fields = {"a", "b"};
  StreamNode node({5, 1}, fields);
  node.append({5, 1}, fields);
  node.erase({5, 1});
  Stream stream;
  EXPECT_TRUE(stream.append(*copy_of(node)));
  EXPECT_EQ(stream.node_count(), 0u);
  EXPECT_EQ(stream.last_id(), (StreamId{5, 1}));
}

TEST(StreamNode, IsRefusedWhereItsIdsAreBelowItsFirst) {
  const Fields fields = {"a", "b"};
  StreamNode node({5, 1}, fields);
  node.append({6, 0}, fields);  // its sequence number wraps around
  EXPECT_TRUE(copy_of(node).has_value());
  EXPECT_FALSE(StreamNode::from_listpack({StreamId::kMaxPart, 1}, node.listpack().clone()));
}

// Whatever an element becomes, and wherever one is missing or too many: refused, or a stream.
TEST(StreamNode, IsRefusedOrUsable) {
  const Stream stream = filled(30);
  size_t refused = 0;
  size_t taken = 0;
  const auto try_pack = [&](StreamId first, Listpack pack) {
    auto node = StreamNode::from_listpack(first, std::move(pack));
    ++(node ? taken : refused);
    if (!node) return;
    const size_t live = node->live();
    Stream made;
    ASSERT_TRUE(made.append(std::move(*node)));
    ASSERT_EQ(made.size(), live);
    text_of(made);
    ASSERT_EQ(made.erase(made.first_id()), live > 0);
    made.trim_to_length(1, {});
  };
  stream.for_each_node([&](const StreamNode& node) {
    const auto count = static_cast<long>(node.listpack().size());
    for (long i = 0; i < count; ++i) {
      for (const int64_t value : {-1, 0, 1, 2, 3, 4, 5, 100}) {
        Listpack pack = node.listpack().clone();
        pack.replace_integer(pack.at(i), value);
        try_pack(node.first_id(), std::move(pack));
      }
      Listpack pack = node.listpack().clone();
      pack.replace(pack.at(i), "text");
      try_pack(node.first_id(), pack.clone());
      pack.erase(pack.at(i));
      try_pack(node.first_id(), std::move(pack));
      pack = node.listpack().clone();
      pack.insert_before(pack.at(i), "0");
      try_pack(node.first_id(), std::move(pack));
      pack = node.listpack().clone();
      pack.split(pack.at(i));
      try_pack(node.first_id(), std::move(pack));
    }
  });
  EXPECT_GT(refused, 1000u);
  EXPECT_GT(taken, 100u);
}

}  // namespace
}  // namespace weir::redis
