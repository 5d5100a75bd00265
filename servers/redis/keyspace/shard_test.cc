#include "servers/redis/keyspace/shard.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "servers/redis/types/key_hash.h"
#include "servers/redis/types/list.h"

namespace weir::redis {
namespace {

constexpr std::int64_t kNever = Entry::kNever;

Key key_of(std::string_view name) { return {name, key_hash(name)}; }

TEST(Shard, SetsAndFinds) {
  Shard shard;
  EXPECT_EQ(shard.find(key_of("k"), 0), nullptr);
  shard.set_text(key_of("k"), "v", kNever);
  ASSERT_NE(shard.find(key_of("k"), 0), nullptr);
  EXPECT_EQ(shard.find(key_of("k"), 0)->text(), "v");
  shard.set_text(key_of("k"), std::string(300, 'w'), 50);
  EXPECT_EQ(shard.find(key_of("k"), 49)->text(), std::string(300, 'w'));
  EXPECT_EQ(shard.size(), 1U);
  EXPECT_EQ(shard.keys_with_expiry(), 1U);
  EXPECT_TRUE(shard.erase(key_of("k")));
  EXPECT_FALSE(shard.erase(key_of("k")));
  EXPECT_EQ(shard.size(), 0U);
  EXPECT_EQ(shard.keys_with_expiry(), 0U);
}

TEST(Shard, FindRemovesWhatHasExpired) {
  Shard shard;
  shard.set_text(key_of("k"), "v", 100);
  EXPECT_NE(shard.find(key_of("k"), 99), nullptr);
  EXPECT_EQ(shard.find(key_of("k"), 100), nullptr);
  EXPECT_EQ(shard.size(), 0U);
  EXPECT_EQ(shard.keys_with_expiry(), 0U);
  EXPECT_EQ(shard.expired_keys(), 1U);
}

TEST(Shard, ExpireTakesWhatIsDueAndNoMoreThanAllowed) {
  Shard shard;
  for (int i = 0; i < 100; ++i) shard.set_text(key_of("due" + std::to_string(i)), "v", i + 1);
  for (int i = 0; i < 10; ++i) shard.set_text(key_of("not" + std::to_string(i)), "v", 1000);
  EXPECT_EQ(shard.expire(0, 1000), 0U);
  EXPECT_EQ(shard.size(), 110U);
  EXPECT_EQ(shard.expire(100, 30), 30U);
  EXPECT_EQ(shard.size(), 80U);
  // The earliest went first.
  EXPECT_EQ(shard.table().find("due29", key_hash("due29")), nullptr);
  EXPECT_NE(shard.table().find("due30", key_hash("due30")), nullptr);
  EXPECT_EQ(shard.expire(100, 1000), 70U);
  EXPECT_EQ(shard.size(), 10U);
  EXPECT_EQ(shard.expired_keys(), 100U);
  EXPECT_EQ(shard.expire(1000, 0), 0U);
}

// The queue's items of earlier expiries do nothing.
TEST(Shard, AnOldExpiryIsForgotten) {
  Shard shard;
  shard.set_text(key_of("persisted"), "v", 10);
  shard.set_expiry(key_of("persisted"), kNever);
  shard.set_text(key_of("later"), "v", 10);
  shard.set_expiry(key_of("later"), 500);
  shard.set_text(key_of("overwritten"), "v", 10);
  shard.set_text(key_of("overwritten"), "v", kNever);
  shard.set_text(key_of("again"), "v", 10);
  shard.erase(key_of("again"));
  shard.set_text(key_of("again"), "v", 500);
  shard.expire(100, 1000);
  EXPECT_EQ(shard.size(), 4U);
  EXPECT_EQ(shard.keys_with_expiry(), 2U);
  shard.expire(500, 1000);
  EXPECT_EQ(shard.size(), 2U);
  EXPECT_EQ(shard.expired_keys(), 2U);
}

TEST(Shard, TakesAnEntryOutWithItsExpiry) {
  Shard shard;
  auto* const list = new List;
  shard.insert(Entry::make_object("k", Type::kList, list, 70), key_hash("k"));
  EXPECT_EQ(shard.keys_with_expiry(), 1U);
  Entry* entry = shard.take(key_of("k"));
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(shard.take(key_of("k")), nullptr);
  EXPECT_EQ(shard.keys_with_expiry(), 0U);
  shard.insert(Entry::with_key(entry, "other"), key_hash("other"));
  EXPECT_EQ(shard.find(key_of("other"), 69)->object<List>(), list);
  EXPECT_EQ(shard.keys_with_expiry(), 1U);
  shard.expire(70, 10);
  EXPECT_EQ(shard.size(), 0U);
}

TEST(Shard, ResizesText) {
  Shard shard;
  shard.set_text(key_of("k"), "abc", 70);
  char* const bytes = shard.resize_text(key_of("k"), 5);
  bytes[4] = 'e';
  EXPECT_EQ(shard.find(key_of("k"), 0)->text(), std::string_view("abc\0e", 5));
  EXPECT_EQ(shard.find(key_of("k"), 0)->expiry(), 70);
}

TEST(Shard, WatchersLearnOfExpiry) {
  Shard shard;
  Watcher watcher;
  shard.set_text(key_of("k"), "v", 10);
  shard.watches().add("k", watcher);
  EXPECT_FALSE(watcher.changed());
  shard.expire(10, 10);
  EXPECT_TRUE(watcher.changed());
  watcher.reset();
  shard.set_text(key_of("k"), "v", 10);
  shard.find(key_of("k"), 10);
  EXPECT_TRUE(watcher.changed());
  shard.watches().remove("k", watcher);
  EXPECT_TRUE(shard.watches().empty());
}

TEST(Shard, ClearLeavesNothing) {
  Shard shard;
  for (int i = 0; i < 1000; ++i) {
    shard.set_text(key_of(std::to_string(i)), "v", i % 2 == 0 ? 1000 : kNever);
  }
  EXPECT_GT(shard.allocated_bytes(), 0U);
  shard.clear();
  EXPECT_EQ(shard.size(), 0U);
  EXPECT_EQ(shard.keys_with_expiry(), 0U);
  EXPECT_EQ(shard.allocated_bytes(), 0U);
  EXPECT_EQ(shard.expire(2000, 1000), 0U);
  shard.set_text(key_of("k"), "v", kNever);
  EXPECT_EQ(shard.size(), 1U);
}

// However often keys get new expiries, the queue stays in proportion to them.
TEST(Shard, StaleItemsAreBounded) {
  Shard shard;
  constexpr int kKeys = 100;
  for (int round = 0; round < 2000; ++round) {
    for (int i = 0; i < kKeys; ++i) {
      shard.set_text(key_of(std::to_string(i)), "v", 1'000'000 + round);
    }
  }
  EXPECT_EQ(shard.keys_with_expiry(), static_cast<std::size_t>(kKeys));
  EXPECT_LT(shard.allocated_bytes(), 32 * 1024U);
  // One key alone, over and over, made and deleted.
  Shard lonely;
  for (int round = 0; round < 100'000; ++round) {
    lonely.set_text(key_of("k"), "v", 1'000'000 + round);
    lonely.erase(key_of("k"));
  }
  EXPECT_LT(lonely.allocated_bytes(), 8 * 1024U);
}

TEST(Shard, RemovedKeysLeaveNoItems) {
  for (const bool persist : {false, true}) {
    Shard shard;
    for (int i = 0; i < 10'000; ++i) {
      shard.set_text(key_of(std::to_string(i)), "v", 1'000'000 + i);
    }
    const std::size_t before = shard.allocated_bytes();
    for (int i = 0; i < 10'000; ++i) {
      const std::string name = std::to_string(i);
      persist ? shard.set_expiry(key_of(name), Entry::kNever) : void(shard.erase(key_of(name)));
    }
    EXPECT_EQ(shard.keys_with_expiry(), 0U);
    EXPECT_LT(shard.allocated_bytes() + 100'000, before);
  }
}

// Everything at random against a map, on a clock of our own.
class ShardModel {
 public:
  explicit ShardModel(std::uint64_t seed) : random_(seed) {}

  void step() {
    const std::string name = "key:" + std::to_string(below(300));
    switch (below(9)) {
      case 0:
      case 1:
      case 2:
        return set(name);
      case 3:
        return erase(name);
      case 4:
        return set_expiry(name);
      case 5:
        return rename(name, "key:" + std::to_string(below(300)));
      case 6:
        now_ += static_cast<std::int64_t>(below(20));
        return expire();
      case 7:
        return resize(name);
      default:
        if (below(500) == 0) clear();
        return find(name);
    }
  }

  void compare() {
    shard_.expire(now_, 1'000'000);
    forget_expired();
    ASSERT_EQ(shard_.size(), model_.size());
    std::size_t with_expiry = 0;
    for (const auto& [name, value] : model_) {
      const Entry* entry = shard_.table().find(name, key_hash(name));
      ASSERT_NE(entry, nullptr) << name;
      ASSERT_EQ(entry->text(), value.text);
      ASSERT_EQ(entry->expiry(), value.expiry);
      with_expiry += value.expiry != kNever ? 1 : 0;
    }
    ASSERT_EQ(shard_.keys_with_expiry(), with_expiry);
  }

 private:
  struct Value {
    std::string text;
    std::int64_t expiry;
  };

  std::size_t below(std::size_t n) { return random_() % n; }
  std::int64_t random_expiry() {
    return below(2) == 0 ? kNever : now_ + 1 + static_cast<std::int64_t>(below(200));
  }
  bool alive(const Value& value) const { return value.expiry == kNever || value.expiry > now_; }
  void forget_expired() {
    std::erase_if(model_, [this](const auto& item) { return !alive(item.second); });
  }
  // The model's value of a key that is there at this moment.
  Value* present(const std::string& name) {
    const auto found = model_.find(name);
    if (found == model_.end()) return nullptr;
    if (alive(found->second)) return &found->second;
    model_.erase(found);
    return nullptr;
  }

  void find(const std::string& name) {
    const Entry* entry = shard_.find(key_of(name), now_);
    const Value* value = present(name);
    ASSERT_EQ(entry != nullptr, value != nullptr) << name;
    if (entry == nullptr) return;
    ASSERT_EQ(entry->text(), value->text);
  }
  void set(const std::string& name) {
    const Value value{std::string(below(300), static_cast<char>('a' + below(26))), random_expiry()};
    shard_.set_text(key_of(name), value.text, value.expiry);
    model_[name] = value;
  }
  void erase(const std::string& name) {
    ASSERT_EQ(shard_.erase(key_of(name)), model_.erase(name) == 1);
  }
  void set_expiry(const std::string& name) {
    find(name);
    Value* value = present(name);
    if (value == nullptr) return;
    value->expiry = random_expiry();
    shard_.set_expiry(key_of(name), value->expiry);
  }
  void rename(const std::string& from, const std::string& to) {
    find(from);
    if (from == to || present(from) == nullptr) return;
    Entry* entry = shard_.take(key_of(from));
    shard_.erase(key_of(to));
    shard_.insert(Entry::with_key(entry, to), key_hash(to));
    model_[to] = model_[from];
    model_.erase(from);
  }
  void resize(const std::string& name) {
    find(name);
    Value* value = present(name);
    if (value == nullptr) return;
    const std::size_t size = value->text.size() + below(40);
    shard_.resize_text(key_of(name), size);
    value->text.resize(size, '\0');
  }
  void expire() {
    const std::size_t limit = 1 + below(10);
    while (shard_.expire(now_, limit) == limit) {
    }
    forget_expired();
    ASSERT_EQ(shard_.size(), model_.size());
  }
  void clear() {
    shard_.clear();
    model_.clear();
  }

  Shard shard_;
  std::map<std::string, Value> model_;
  std::int64_t now_ = 1000;
  std::mt19937_64 random_;
};

TEST(Shard, AgreesWithAMap) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    ShardModel model(seed);
    for (int i = 0; i < 20'000 && !testing::Test::HasFatalFailure(); ++i) {
      model.step();
      if (i % 1000 == 0) model.compare();
    }
    model.compare();
  }
}

}  // namespace
}  // namespace weir::redis
