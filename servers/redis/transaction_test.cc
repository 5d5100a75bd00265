#include "servers/redis/transaction.h"

#include <gtest/gtest.h>

#include <string>

#include "servers/redis/types/key_hash.h"

namespace weir::redis {
namespace {

constexpr Command kGet{"get", 2, kReadonly, {1, 1, 1}, nullptr, "", ""};

Key key_of(std::string_view name) { return {name, key_hash(name)}; }

class TransactionTest : public testing::Test {
 protected:
  Shard& shard(std::string_view name, std::size_t database = 0) {
    return keyspace_.shard(database, key_hash(name));
  }
  void set(std::string_view name, std::int64_t expiry = Entry::kNever) {
    shard(name).set_text(key_of(name), "v", expiry, 0);
    shard(name).touch(name);
  }

  Keyspace keyspace_{2, false};
  Transaction transaction_;
};

TEST_F(TransactionTest, OwnsWhatItQueues) {
  transaction_.open();
  {
    const std::string name = "get";
    const std::string key(100, 'k');
    const std::string_view words[] = {name, key};
    const std::uint64_t hashes[] = {0, key_hash(key)};
    transaction_.queue({&kGet, nullptr, words, hashes}, kGet.flags);
    EXPECT_GT(transaction_.queued_bytes(), 100U);
  }
  const auto queued = transaction_.take();
  ASSERT_EQ(queued.size(), 1U);
  EXPECT_EQ(queued[0].request().command, &kGet);
  EXPECT_EQ(queued[0].request().arguments[1], std::string(100, 'k'));
  EXPECT_EQ(queued[0].request().hashes[1], key_hash(std::string(100, 'k')));
  EXPECT_EQ(transaction_.queued_bytes(), 0U);
  EXPECT_FALSE(transaction_.is_open());
  EXPECT_TRUE(transaction_.take().empty());
}

TEST_F(TransactionTest, TakingEndsAFailure) {
  transaction_.open();
  transaction_.fail();
  EXPECT_TRUE(transaction_.failed());
  transaction_.take();
  EXPECT_FALSE(transaction_.failed());
}

TEST_F(TransactionTest, AChangeIsSeen) {
  transaction_.watch(keyspace_, 0, key_of("k"), 0);
  EXPECT_EQ(transaction_.watching(), 1U);
  set("other");
  EXPECT_FALSE(transaction_.watched_changed(keyspace_, 0));
  set("k");
  EXPECT_TRUE(transaction_.watched_changed(keyspace_, 0));
  transaction_.unwatch(keyspace_);
  EXPECT_FALSE(transaction_.watched_changed(keyspace_, 0));
  EXPECT_EQ(transaction_.watching(), 0U);
  EXPECT_TRUE(shard("k").watchers().empty());
  set("k");
  EXPECT_FALSE(transaction_.watched_changed(keyspace_, 0));
}

TEST_F(TransactionTest, WatchingTwiceIsWatchingOnce) {
  for (int i = 0; i < 3; ++i) transaction_.watch(keyspace_, 0, key_of("k"), 0);
  transaction_.watch(keyspace_, 1, key_of("k"), 0);
  EXPECT_EQ(transaction_.watching(), 2U);
  transaction_.unwatch(keyspace_);
  EXPECT_TRUE(shard("k").watchers().empty());
  EXPECT_TRUE(shard("k", 1).watchers().empty());
}

TEST_F(TransactionTest, DatabasesAreApart) {
  transaction_.watch(keyspace_, 1, key_of("k"), 0);
  set("k");
  EXPECT_FALSE(transaction_.watched_changed(keyspace_, 0));
}

TEST_F(TransactionTest, SeveralClientsWatchOneKey) {
  Transaction other;
  transaction_.watch(keyspace_, 0, key_of("k"), 0);
  other.watch(keyspace_, 0, key_of("k"), 0);
  transaction_.unwatch(keyspace_);
  set("k");
  EXPECT_FALSE(transaction_.watched_changed(keyspace_, 0));
  EXPECT_TRUE(other.watched_changed(keyspace_, 0));
  other.unwatch(keyspace_);
  EXPECT_TRUE(shard("k").watchers().empty());
}

TEST_F(TransactionTest, ExpiryIsAChange) {
  set("k", 100);
  transaction_.watch(keyspace_, 0, key_of("k"), 50);
  EXPECT_FALSE(transaction_.watched_changed(keyspace_, 99));
  EXPECT_TRUE(transaction_.watched_changed(keyspace_, 100));
  // Also when somebody has removed it meanwhile.
  EXPECT_EQ(shard("k").find(key_of("k"), 100), nullptr);
  EXPECT_TRUE(transaction_.watched_changed(keyspace_, 100));
}

TEST_F(TransactionTest, AKeyThatHadExpiredIsAbsent) {
  set("k", 100);
  transaction_.watch(keyspace_, 0, key_of("k"), 100);
  EXPECT_FALSE(transaction_.watched_changed(keyspace_, 200));
  EXPECT_EQ(shard("k").size(), 0U);
}

}  // namespace
}  // namespace weir::redis
