#include "core/connection_id.h"

#include <unordered_set>

#include "gtest/gtest.h"

namespace weir {
namespace {

TEST(ConnectionIdTest, DefaultIsNone) {
  EXPECT_EQ(ConnectionId(), ConnectionId::kNone);
  EXPECT_EQ(ConnectionId::kNone.generation(), 0U);
}

TEST(ConnectionIdTest, PartsSurviveAtTheirLimits) {
  const ConnectionId id = ConnectionId::make(255, ConnectionId::kMaxSlots - 1, 0xffffffffU);
  EXPECT_EQ(id.reactor(), 255U);
  EXPECT_EQ(id.slot(), ConnectionId::kMaxSlots - 1);
  EXPECT_EQ(id.generation(), 0xffffffffU);

  const ConnectionId first = ConnectionId::make(0, 0, 1);
  EXPECT_EQ(first.reactor(), 0U);
  EXPECT_EQ(first.slot(), 0U);
  EXPECT_EQ(first.generation(), 1U);
  EXPECT_NE(first, ConnectionId::kNone);
}

TEST(ConnectionIdTest, OrdersByReactorThenSlotThenGeneration) {
  EXPECT_LT(ConnectionId::make(1, 9, 9), ConnectionId::make(2, 1, 1));
  EXPECT_LT(ConnectionId::make(1, 1, 9), ConnectionId::make(1, 2, 1));
  EXPECT_LT(ConnectionId::make(1, 1, 1), ConnectionId::make(1, 1, 2));
}

TEST(ConnectionIdTest, GenerationsOfOneSlotDifferInASet) {
  std::unordered_set<ConnectionId> ids;
  for (uint32_t generation = 1; generation <= 100; ++generation) {
    EXPECT_TRUE(ids.insert(ConnectionId::make(3, 7, generation)).second);
  }
  EXPECT_TRUE(ids.contains(ConnectionId::make(3, 7, 50)));
  EXPECT_FALSE(ids.contains(ConnectionId::make(3, 7, 101)));
}

}  // namespace
}  // namespace weir
