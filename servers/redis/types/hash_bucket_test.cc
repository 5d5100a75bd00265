#include "servers/redis/types/hash_bucket.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <utility>
#include <vector>

namespace weir::redis {
namespace {

using Bucket = HashBucket<int>;

TEST(HashBucket, IsOneCacheLine) {
  EXPECT_EQ(sizeof(Bucket), 64u);
  EXPECT_EQ(alignof(Bucket), 64u);
}

TEST(HashBucket, MatchesExactlyTheUsedSlotsWithThatFingerprint) {
  std::mt19937_64 rng(1);
  for (int round = 0; round < 20000; round++) {
    Bucket bucket;
    std::vector<uint8_t> fingerprints;
    const size_t count = rng() % 10;
    for (size_t i = 0; i < count; i++) {
      // Few values, among them those that disturb inexact zero-byte tests.
      const uint8_t choices[] = {0, 1, 0x7f, 0x80, 0x81, 0xff};
      fingerprints.push_back(choices[rng() % 6]);
      bucket.push_back(nullptr, fingerprints.back());
    }
    while (!fingerprints.empty() && rng() % 3 == 0) {  // leaves stale bytes behind
      bucket.pop_back();
      fingerprints.pop_back();
    }
    for (int wanted = 0; wanted < 256; wanted++) {
      uint32_t expected = 0;
      for (size_t i = 0; i < fingerprints.size(); i++) {
        if (fingerprints[i] == wanted) expected |= uint32_t{1} << i;
      }
      ASSERT_EQ(bucket.matches(static_cast<uint8_t>(wanted)), expected);
    }
  }
}

// A chain beside a plain vector that says what it must hold.
class Chain {
 public:
  explicit Chain(size_t max_items) : items_(max_items) {}
  ~Chain() {
    while (!expected_.empty()) remove(0);
  }

  void push(uint8_t fingerprint) {
    int* item = &items_[next_++];
    HashChainTail<int>(&head_, overflow_count_).push(item, fingerprint);
    expected_.emplace_back(item, fingerprint);
  }
  void remove(size_t index) {
    for (Bucket* bucket = &head_; bucket != nullptr; bucket = bucket->next()) {
      for (size_t slot = 0; slot < bucket->count(); slot++) {
        if (bucket->item(slot) != expected_[index].first) continue;
        remove_from_chain(&head_, bucket, slot, overflow_count_);
        std::swap(expected_[index], expected_.back());
        expected_.pop_back();
        return;
      }
    }
    FAIL() << "the item is not in the chain";
  }
  size_t size() const { return expected_.size(); }
  size_t overflow_count() const { return overflow_count_; }

  void check() {
    std::vector<std::pair<int*, uint8_t>> found;
    size_t overflow = 0;
    for (Bucket* bucket = &head_; bucket != nullptr; bucket = bucket->next()) {
      if (bucket != &head_) {
        overflow++;
        ASSERT_GE(bucket->count(), 2u);
      }
      if (bucket->next() != nullptr) {
        ASSERT_EQ(bucket->count(), Bucket::kLinkSlot);
      }
      for (size_t slot = 0; slot < bucket->count(); slot++) {
        found.emplace_back(bucket->item(slot), bucket->fingerprint(slot));
      }
    }
    ASSERT_EQ(overflow, overflow_count_);
    std::sort(found.begin(), found.end());
    std::sort(expected_.begin(), expected_.end());
    ASSERT_EQ(found, expected_);
  }

 private:
  std::vector<int> items_;
  size_t next_ = 0;
  Bucket head_;
  size_t overflow_count_ = 0;
  std::vector<std::pair<int*, uint8_t>> expected_;
};

TEST(HashChain, OverflowsAtTheTenthItemAndFoldsBack) {
  Chain chain(64);
  for (int i = 0; i < 9; i++) chain.push(5);
  EXPECT_EQ(chain.overflow_count(), 0u);
  chain.push(6);
  EXPECT_EQ(chain.overflow_count(), 1u);
  chain.check();
  chain.remove(3);
  EXPECT_EQ(chain.overflow_count(), 0u);
  chain.check();
}

TEST(HashChain, StaysDenseUnderRandomPushAndRemove) {
  std::mt19937_64 rng(2);
  Chain chain(20000);
  for (int i = 0; i < 20000; i++) {
    const bool growing = (i / 100) % 2 == 0;
    if (chain.size() == 0 || rng() % 10 < (growing ? 7 : 3)) {
      chain.push(static_cast<uint8_t>(rng()));
    } else {
      chain.remove(rng() % chain.size());
    }
    chain.check();
  }
}

}  // namespace
}  // namespace weir::redis
