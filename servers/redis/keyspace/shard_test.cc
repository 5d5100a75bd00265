#include "servers/redis/keyspace/shard.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "servers/redis/keyspace/key_event.h"
#include "servers/redis/keyspace/key_listener.h"
#include "servers/redis/types/key_hash.h"
#include "servers/redis/types/list.h"

namespace weir::redis {
namespace {

constexpr std::int64_t kNever = Entry::kNever;

Key key_of(std::string_view name) { return {name, key_hash(name)}; }

TEST(Shard, SetsAndFinds) {
  Shard shard;
  EXPECT_EQ(shard.find(key_of("k"), 0), nullptr);
  shard.set_text(key_of("k"), "v", kNever, 0);
  ASSERT_NE(shard.find(key_of("k"), 0), nullptr);
  EXPECT_EQ(shard.find(key_of("k"), 0)->text(), "v");
  shard.set_text(key_of("k"), std::string(300, 'w'), 50, 0);
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
  shard.set_text(key_of("k"), "v", 100, 0);
  EXPECT_NE(shard.find(key_of("k"), 99), nullptr);
  EXPECT_EQ(shard.find(key_of("k"), 100), nullptr);
  EXPECT_EQ(shard.size(), 0U);
  EXPECT_EQ(shard.keys_with_expiry(), 0U);
  EXPECT_EQ(shard.expired_keys(), 1U);
}

TEST(Shard, ExpireTakesWhatIsDueAndNoMoreThanAllowed) {
  Shard shard;
  for (int i = 0; i < 100; ++i) shard.set_text(key_of("due" + std::to_string(i)), "v", i + 1, 0);
  for (int i = 0; i < 10; ++i) shard.set_text(key_of("not" + std::to_string(i)), "v", 1000, 0);
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
  shard.set_text(key_of("persisted"), "v", 10, 0);
  shard.set_expiry(key_of("persisted"), kNever);
  shard.set_text(key_of("later"), "v", 10, 0);
  shard.set_expiry(key_of("later"), 500);
  shard.set_text(key_of("overwritten"), "v", 10, 0);
  shard.set_text(key_of("overwritten"), "v", kNever, 0);
  shard.set_text(key_of("again"), "v", 10, 0);
  shard.erase(key_of("again"));
  shard.set_text(key_of("again"), "v", 500, 0);
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

TEST(Shard, SwapsKeysWithTheirExpiries) {
  Shard a;
  Shard b;
  Watcher watcher;
  a.watchers().add("k", watcher);
  a.set_text(key_of("k"), "from a", 100, 0);
  a.set_text(key_of("stays"), "in time", kNever, 0);
  b.set_text(key_of("k"), "from b", kNever, 0);
  a.swap_keys(b);
  EXPECT_EQ(a.find(key_of("k"), 0)->text(), "from b");
  EXPECT_EQ(a.size(), 1U);
  EXPECT_EQ(a.keys_with_expiry(), 0U);
  EXPECT_EQ(b.size(), 2U);
  EXPECT_EQ(b.keys_with_expiry(), 1U);
  EXPECT_EQ(a.expire(100, 10), 0U);
  EXPECT_EQ(b.expire(100, 10), 1U);
  EXPECT_EQ(b.find(key_of("k"), 0), nullptr);
  EXPECT_FALSE(watcher.changed());
  a.touch("k");
  EXPECT_TRUE(watcher.changed());
}

// Lets everything pass.
class SilentListener : public KeyListener {
 public:
  SilentListener() : KeyListener(wanted_) {}
  void set_wanted(EventClasses wanted) { wanted_ = wanted; }

 private:
  void awaited_changed(std::size_t, std::string_view) override {}
  void cached_changed(std::string_view, TrackingTable::Readers, Author) override {}
  void happened(std::size_t, const KeyEvent&, std::string_view) override {}
  bool may_expire() const override { return true; }
  void discard(Entry* entry, Removal) override { Entry::destroy(entry); }
  void due_changed(std::size_t, std::int64_t) override {}

  std::atomic<EventClasses> wanted_{kNewEvent | kExpiredEvent};
};

// What a shard tells of keys that may be cached: "k by a command to 2".
class CacheListener final : public SilentListener {
 public:
  std::vector<std::string> take() { return std::exchange(told_, {}); }

 private:
  void cached_changed(std::string_view key, TrackingTable::Readers readers,
                      Author author) override {
    const std::string who = author == Author::kCommand ? " by a command to " : " by itself to ";
    told_.push_back(std::string(key) + who + std::to_string(readers.size()));
  }

  std::vector<std::string> told_;
};

TEST(Shard, TellsReadersOfChanges) {
  using Told = std::vector<std::string>;
  const auto keep_all = [](TrackingTable::Readers&) {};
  CacheListener listener;
  Shard shard;
  shard.set_listener(listener, 0);
  shard.set_text(key_of("k"), "v", 100, 0);
  shard.touch("k");
  EXPECT_EQ(listener.take(), Told{});
  for (const std::string_view key : {"k", "absent"}) {
    shard.tracking().add(key, ConnectionId::make(0, 1, 1), keep_all);
    shard.tracking().add(key, ConnectionId::make(0, 2, 1), keep_all);
  }
  shard.touch_all();
  shard.touch("other");
  EXPECT_EQ(listener.take(), Told{});
  shard.touch("absent");
  shard.touch("absent");
  shard.expire(100, 10);
  EXPECT_EQ(listener.take(), (Told{"absent by a command to 2", "k by itself to 2"}));
  listener.want_every_change(true);
  shard.set_text(key_of("k"), "v", 100, 0);
  shard.touch("k");
  EXPECT_EQ(shard.find(key_of("k"), 200), nullptr);
  EXPECT_EQ(listener.take(), (Told{"k by a command to 0", "k by itself to 0"}));
}

TEST(Shard, ResizesText) {
  Shard shard;
  shard.set_text(key_of("k"), "abc", 70, 0);
  char* const bytes = shard.resize_text(key_of("k"), 5);
  bytes[4] = 'e';
  EXPECT_EQ(shard.find(key_of("k"), 0)->text(), std::string_view("abc\0e", 5));
  EXPECT_EQ(shard.find(key_of("k"), 0)->expiry(), 70);
}

TEST(Shard, WatchersLearnOfExpiry) {
  Shard shard;
  Watcher watcher;
  shard.set_text(key_of("k"), "v", 10, 0);
  shard.watchers().add("k", watcher);
  EXPECT_FALSE(watcher.changed());
  shard.expire(10, 10);
  EXPECT_TRUE(watcher.changed());
  watcher.reset();
  shard.set_text(key_of("k"), "v", 10, 0);
  shard.find(key_of("k"), 10);
  EXPECT_TRUE(watcher.changed());
  shard.watchers().remove("k", watcher);
  EXPECT_TRUE(shard.watchers().empty());
}

TEST(Shard, ClearLeavesNothing) {
  Shard shard;
  for (int i = 0; i < 1000; ++i) {
    shard.set_text(key_of(std::to_string(i)), "v", i % 2 == 0 ? 1000 : kNever, 0);
  }
  EXPECT_GT(shard.allocated_bytes(), 0U);
  shard.clear();
  EXPECT_EQ(shard.size(), 0U);
  EXPECT_EQ(shard.keys_with_expiry(), 0U);
  EXPECT_EQ(shard.allocated_bytes(), 0U);
  EXPECT_EQ(shard.expire(2000, 1000), 0U);
  shard.set_text(key_of("k"), "v", kNever, 0);
  EXPECT_EQ(shard.size(), 1U);
}

// However often keys get new expiries, the queue stays in proportion to them.
TEST(Shard, StaleItemsAreBounded) {
  Shard shard;
  constexpr int kKeys = 100;
  for (int round = 0; round < 2000; ++round) {
    for (int i = 0; i < kKeys; ++i) {
      shard.set_text(key_of(std::to_string(i)), "v", 1'000'000 + round, 0);
    }
  }
  EXPECT_EQ(shard.keys_with_expiry(), static_cast<std::size_t>(kKeys));
  EXPECT_LT(shard.allocated_bytes(), 32 * 1024U);
  // One key alone, over and over, made and deleted.
  Shard lonely;
  for (int round = 0; round < 100'000; ++round) {
    lonely.set_text(key_of("k"), "v", 1'000'000 + round, 0);
    lonely.erase(key_of("k"));
  }
  EXPECT_LT(lonely.allocated_bytes(), 8 * 1024U);
}

TEST(Shard, RemovedKeysLeaveNoItems) {
  for (const bool persist : {false, true}) {
    Shard shard;
    for (int i = 0; i < 10'000; ++i) {
      shard.set_text(key_of(std::to_string(i)), "v", 1'000'000 + i, 0);
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

// Remembers what it is told of events.
class Listener final : public SilentListener {
 public:
  std::string take() { return std::exchange(told_, {}); }
  void set_may_expire(bool may) { may_expire_ = may; }

 private:
  void happened(std::size_t shard, const KeyEvent& event, std::string_view key) override {
    told_.append(told_.empty() ? "" : " ").append(std::to_string(shard) + ":");
    told_.append(event.name).append(":").append(key);
  }
  bool may_expire() const override { return may_expire_; }

  bool may_expire_ = true;
  std::string told_;
};

Entry* list_entry(std::string_view name) {
  return Entry::make_object(name, Type::kList, new List, kNever);
}

TEST(Shard, TellsOfNewKeysAndOfExpiredOnes) {
  Listener listener;
  Shard shard;
  shard.set_listener(listener, 7);
  shard.set_text(key_of("k"), "v", 10, 0);
  EXPECT_EQ(listener.take(), "7:new:k");
  shard.set_text(key_of("k"), "w", 20, 0);
  shard.set(list_entry("k"), key_hash("k"), 0);
  EXPECT_EQ(listener.take(), "");
  shard.set_expiry(key_of("k"), 30);
  shard.set(list_entry("k"), key_hash("k"), 30);
  EXPECT_EQ(listener.take(), "7:expired:k 7:new:k");
  shard.set_expiry(key_of("k"), 40);
  shard.set_text(key_of("k"), "v", 50, 40);
  EXPECT_EQ(listener.take(), "7:expired:k 7:new:k");
  EXPECT_EQ(shard.find(key_of("k"), 50), nullptr);
  EXPECT_EQ(listener.take(), "7:expired:k");
  shard.insert(list_entry("k"), key_hash("k"));
  shard.set_expiry(key_of("k"), 60);
  shard.expire(60, 10);
  EXPECT_EQ(listener.take(), "7:new:k 7:expired:k");
  EXPECT_EQ(shard.expired_keys(), 4U);
}

TEST(Shard, TellsOnlyWhatIsWanted) {
  Listener listener;
  Shard shard;
  shard.set_listener(listener, 0);
  listener.set_wanted(kGenericEvent);
  shard.set_text(key_of("k"), "v", 10, 0);
  shard.find(key_of("k"), 10);
  shard.announce({kStringEvent, "set"}, "k");
  shard.announce(kUntold, "k");
  EXPECT_EQ(listener.take(), "");
  shard.announce(kDeleted, "k");
  EXPECT_EQ(listener.take(), "0:del:k");
}

TEST(Shard, ExpiredKeysMayHaveToStay) {
  Listener listener;
  Shard shard;
  shard.set_listener(listener, 0);
  listener.set_may_expire(false);
  shard.set_text(key_of("k"), "v", 10, 0);
  EXPECT_NE(shard.read(key_of("k"), 9), nullptr);
  EXPECT_EQ(shard.read(key_of("k"), 10), nullptr);
  EXPECT_EQ(shard.expire(10, 10), 0U);
  EXPECT_EQ(shard.size(), 1U);
  shard.set_text(key_of("k"), "w", kNever, 10);
  EXPECT_EQ(shard.size(), 1U);
  EXPECT_EQ(listener.take(), "0:new:k 0:expired:k 0:new:k");
  shard.set_expiry(key_of("k"), 20);
  listener.set_may_expire(true);
  EXPECT_EQ(shard.read(key_of("k"), 20), nullptr);
  EXPECT_EQ(shard.size(), 0U);
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
    shard_.set_text(key_of(name), value.text, value.expiry, now_);
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
    const std::size_t size = below(value->text.size() + 40);
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
