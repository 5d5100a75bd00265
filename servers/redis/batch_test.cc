#include "servers/redis/batch.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "servers/redis/types/key_hash.h"

namespace weir::redis {
namespace {

constexpr Command kSubcommands[] = {
    {"encoding", 3, kReadonly, {2, 2, 1}, nullptr, "", ""},
};
constexpr Command kRows[] = {
    {"get", 2, kReadonly, {1, 1, 1}, nullptr, "", ""},
    {"mset", -3, kWrite, {1, -1, 2}, nullptr, "", ""},
    {"ping", -1, kFast, {}, nullptr, "", ""},
    {"object", -2, 0, {}, nullptr, "", "", kSubcommands},
};
constexpr CommandGroup kGroups[] = {{"all", kRows}};

class BatchTest : public testing::Test {
 protected:
  void add(const std::vector<std::string_view>& words) {
    batch_.arguments().insert(batch_.arguments().end(), words.begin(), words.end());
    batch_.close_request(table_);
  }

  const CommandTable table_{kGroups};
  Batch batch_;
};

TEST_F(BatchTest, ResolvesEachRequest) {
  add({"GET", "k"});
  add({"ping"});
  add({"MSET", "a", "1", "b", "2"});
  add({"nosuch", "x"});
  const std::span<const Request> requests = batch_.requests();
  ASSERT_EQ(requests.size(), 4U);
  EXPECT_EQ(requests[0].command, &kRows[0]);
  EXPECT_EQ(requests[0].arguments[1], "k");
  EXPECT_EQ(requests[0].hashes[1], key_hash("k"));
  EXPECT_EQ(requests[1].command, &kRows[2]);
  EXPECT_EQ(requests[2].arguments.size(), 5U);
  EXPECT_EQ(requests[2].hashes[1], key_hash("a"));
  EXPECT_EQ(requests[2].hashes[3], key_hash("b"));
  EXPECT_EQ(requests[3].command, nullptr);
  EXPECT_EQ(requests[3].arguments[1], "x");
}

TEST_F(BatchTest, ResolvesSubcommands) {
  add({"OBJECT", "ENCODING", "k"});
  add({"object", "nosuch"});
  add({"object"});
  const std::span<const Request> requests = batch_.requests();
  EXPECT_EQ(requests[0].command, &kSubcommands[0]);
  EXPECT_EQ(requests[0].container, &kRows[3]);
  EXPECT_EQ(requests[0].hashes[2], key_hash("k"));
  EXPECT_EQ(requests[1].command, nullptr);
  EXPECT_EQ(requests[1].container, &kRows[3]);
  // Too short for a subcommand: the arity check refuses it.
  EXPECT_EQ(requests[2].command, &kRows[3]);
  EXPECT_EQ(requests[2].container, nullptr);
}

// Too few or too many arguments are found out later; resolving looks at none that is not there.
TEST_F(BatchTest, BearsAnyNumberOfArguments) {
  add({"get"});
  add({"mset"});
  add({"mset", "a"});
  add({"mset", "a", "1", "b"});
  add({"object", "encoding"});
  const std::span<const Request> requests = batch_.requests();
  ASSERT_EQ(requests.size(), 5U);
  EXPECT_EQ(requests[3].hashes[3], key_hash("b"));
}

TEST_F(BatchTest, IsFullAndStartsAnew) {
  for (std::size_t i = 0; i < Batch::kMaxRequests; ++i) {
    EXPECT_FALSE(batch_.full());
    add({"get", "k"});
  }
  EXPECT_TRUE(batch_.full());
  EXPECT_FALSE(batch_.empty());
  EXPECT_EQ(batch_.requests().size(), Batch::kMaxRequests);
  batch_.clear();
  EXPECT_TRUE(batch_.empty());
  EXPECT_TRUE(batch_.requests().empty());
  add({"ping"});
  EXPECT_EQ(batch_.requests().size(), 1U);
}

// What was closed before keeps its arguments and hashes when later ones need more room.
TEST_F(BatchTest, FollowsArgumentsThatMove) {
  add({"get", "k"});
  for (const std::size_t count : {3, 100, 5000}) {
    std::vector<std::string_view> words(count, "1");
    words[0] = "mset";
    words[1] = "a";
    add(words);
  }
  const std::span<const Request> requests = batch_.requests();
  ASSERT_EQ(requests.size(), 4U);
  EXPECT_EQ(requests[0].arguments[1], "k");
  EXPECT_EQ(requests[0].hashes[1], key_hash("k"));
  for (const Request& request : requests.subspan(1)) {
    EXPECT_EQ(request.arguments[0], "mset");
    EXPECT_EQ(request.arguments[1], "a");
    EXPECT_EQ(request.hashes[1], key_hash("a"));
  }
}

// As the decoder does with a request that is not whole yet.
TEST_F(BatchTest, FollowsArgumentsThatMovedForNothing) {
  add({"get", "k"});
  batch_.arguments().insert(batch_.arguments().end(), 1000, "later");
  batch_.arguments().resize(2);
  batch_.close();
  const std::span<const Request> requests = batch_.requests();
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].arguments.data(), batch_.arguments().data());
  EXPECT_EQ(requests[0].arguments[1], "k");
  EXPECT_EQ(requests[0].hashes[1], key_hash("k"));
}

TEST_F(BatchTest, KeepsNoRoomForManyArguments) {
  add(std::vector<std::string_view>(100'000, "mset"));
  batch_.clear();
  EXPECT_EQ(batch_.arguments().capacity(), 0U);
  add({"get", "k"});
  EXPECT_EQ(batch_.requests()[0].hashes[1], key_hash("k"));
}

}  // namespace
}  // namespace weir::redis
