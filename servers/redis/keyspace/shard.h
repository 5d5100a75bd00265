// A part of one database's keys: their table, their expiry order, who watches them, waits for them
// or may have cached them, and the lock that guards all of it. A key's hash says which shard it
// belongs to.
//
// Everything that may take long (growth, expiry, flushing, eviction, later snapshots) works on one
// shard at a time, so a shard bounds every pause.
//
// Thread rule: the caller holds mutex() wherever handlers run in parallel. Invariant: an entry that
// find() returns has not expired.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "core/counter.h"
#include "servers/redis/keyspace/access_clock.h"
#include "servers/redis/keyspace/entry.h"
#include "servers/redis/keyspace/expiry_queue.h"
#include "servers/redis/keyspace/key_event.h"
#include "servers/redis/keyspace/key_listener.h"
#include "servers/redis/keyspace/key_register.h"
#include "servers/redis/keyspace/population.h"
#include "servers/redis/keyspace/shard_keys.h"
#include "servers/redis/keyspace/tracking_table.h"
#include "servers/redis/keyspace/watcher.h"
#include "servers/redis/types/hash_table.h"

namespace weir::redis {

class Waiter;

// A key's name with its hash, computed once per request.
struct Key {
  std::string_view name;
  std::uint64_t hash;
};

// On cache lines of its own, for its neighbours are other threads'.
class alignas(64) Shard {
 public:
  Shard() = default;
  ~Shard() {
    table_.clear([](Entry* entry) { Entry::destroy(entry); });
  }
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  // Before anybody uses it; what is given outlives the shard. Who hears of the shard as `number`;
  // what stamps its entries; where it says as `index` whether it has any.
  void set_listener(KeyListener& listener, std::size_t number) {
    listener_ = &listener;
    number_ = number;
  }
  void set_clock(const AccessClock& clock) { clock_ = &clock; }
  void set_population(Population& population, std::size_t index) {
    population_ = &population;
    index_ = index;
  }

  std::mutex& mutex() { return mutex_; }

  // nullptr when the key is absent. One that has expired is removed first.
  Entry* find(const Key& key, std::int64_t now_ms);
  // The same for who will not write: an expired key stays where the listener says so. Inlined by
  // force, as HashTable::find_place().
  [[gnu::always_inline]] Entry* read(const Key& key, std::int64_t now_ms) {
    Entry* const entry = table_.find(key.name, key.hash);
    if (entry == nullptr || !entry->expired(now_ms)) return entry;
    return read_expired(key);
  }
  // The entry's key is used once more.
  [[gnu::always_inline]] void use(Entry& entry) const {
    const std::uint32_t stamp = clock_->after(entry.stamp());
    if (stamp != entry.stamp()) entry.set_stamp(stamp);
  }
  // Sets the key to a string, whatever it was. Returns its entry if the key was there, with the
  // stamp it had; else nullptr.
  Entry* set_text(const Key& key, std::string_view text, std::int64_t expiry, std::int64_t now_ms);
  // Sets the key to an entry, whatever it was; takes it over.
  void set(Entry* entry, std::uint64_t hash, std::int64_t now_ms);
  // Adds an entry whose key is absent; takes it over.
  void insert(Entry* entry, std::uint64_t hash);
  // Changes the expiry of a present key; Entry::kNever removes it.
  void set_expiry(Key key, std::int64_t expiry);
  // Lengthens or cuts the string of a present key; see Entry::with_size().
  char* resize_text(Key key, std::size_t size);
  bool erase(Key key, Removal removal = Removal::kServerDel);
  // Takes the entry out and gives it to the caller; nullptr when absent.
  Entry* take(Key key);
  // Gives all keys to the other shard and gets its keys. Watchers stay, untold.
  void swap_keys(Shard& other);

  // Tells who watches the key, waits for it, or may have cached it. Every change of a value ends in
  // it.
  [[gnu::always_inline]] void touch(std::string_view key, Author author = Author::kCommand) {
    if (is_registered() || is_tracked()) tell_of_change(key, author);
  }
  // Tells only who watches the key or waits for it.
  void touch_registered(std::string_view key) {
    if (is_registered()) tell(key);
  }
  // Tells only who waits for the key: what it waits for is no part of the value.
  void touch_waiters(std::string_view key) {
    if (!waiters_.empty()) tell_waiters(key);
  }
  // Tells who listens to such events. Each is named where it happens: those of commands by the
  // commands, those of the keyspace itself (a new key, an expired one) here.
  [[gnu::always_inline]] void announce(const KeyEvent& event, std::string_view key) {
    if (listener_ != nullptr && listener_->wants(event)) [[unlikely]] {
      listener_->happened(number_, event, key);
    }
  }
  // touch_registered() for all keys that are there, because something happens to all of them.
  void touch_all();
  // The keys that somebody watches or waits for.
  std::vector<std::string> registered_keys() const;
  KeyRegister<Watcher>& watchers() { return watchers_; }
  KeyRegister<Waiter>& waiters() { return waiters_; }
  // How many of them are to be told of a removal, which for the others is nothing to look at.
  std::size_t& awaited_removals() { return awaited_removals_; }
  // Who may have cached which keys.
  TrackingTable& tracking() { return tracking_; }

  // Removes keys whose time has come. Looks at `limit` queue items at most and returns how many it
  // has: less than the limit when nothing more is due, or nothing may expire.
  std::size_t expire(std::int64_t now_ms, std::size_t limit);
  // Keys removed because their time had come, since the start. Any thread, without the lock.
  std::uint64_t expired_keys() const { return expired_keys_.value(); }
  std::size_t keys_with_expiry() const { return keys_with_expiry_; }
  // The key that expires next, nullptr when none does.
  const Entry* first_to_expire();
  // One of the keys; one of those that expire, where a few draws find one. nullptr when there is
  // none.
  const Entry* random(Random& random) const {
    return table_.size() != 0 ? table_.random(random) : nullptr;
  }
  const Entry* random_with_expiry(Random& random);
  // Visits so many of the keys, or all where there are fewer, see HashTable::sample().
  template <class Visit>
  void sample(Random& random, std::size_t count, Visit&& visit) const {
    table_.sample(random, count, visit);
  }
  static constexpr std::int64_t kNothingDue = std::numeric_limits<std::int64_t>::max();

  void clear() { take_keys(); }
  // Leaves none.
  ShardKeys take_keys();
  std::size_t size() const { return table_.size(); }
  const HashTable<EntryTraits>& table() const { return table_; }
  std::size_t allocated_bytes() const;

 private:
  // Stale queue items that a shard of few keys may have before it looks for them.
  static constexpr std::size_t kStaleAllowance = 64;
  // Items that one change looks at: more of them are stale than it adds.
  static constexpr std::size_t kStaleSearch = 8;
  // Entry::free_cost() from which on the server decides when the value is freed: as in Redis.
  static constexpr std::size_t kLargeCost = 64;

  using Place = HashTable<EntryTraits>::Place;

  bool is_registered() const { return !watchers_.empty() || !waiters_.empty(); }
  [[gnu::noinline]] void tell_of_change(std::string_view key, Author author);
  void tell(std::string_view key);
  void tell_waiters(std::string_view key);
  void add(Entry* entry, std::uint64_t hash);
  // Asked under the lock: who pauses the clients, and has it, then is sure of its keys.
  bool may_expire() const { return listener_ == nullptr || listener_->may_expire(); }
  Entry* read_expired(const Key& key);
  void remove_expired(const Key& key);
  void insert(const Place& place, Entry* entry, const Key& key);
  [[gnu::noinline]] Entry* replace_text(Place place, const Key& key, std::string_view text,
                                        std::int64_t expiry, std::int64_t now_ms);
  [[gnu::always_inline]] bool is_tracked() const {
    return !tracking_.empty() || (listener_ != nullptr && listener_->wants_every_change());
  }
  void tell_readers(std::string_view key, Author author);
  void expiry_changed(const Entry* entry, std::uint64_t hash, std::int64_t old_expiry);
  const Entry* live_entry(const ExpiryQueue::Item& item) const;
  void limit_stale();
  void publish_due();
  // After every change of what is there.
  void publish_population() {
    if ((table_.size() != 0) != has_keys_ || (keys_with_expiry_ != 0) != has_expiries_) {
      tell_population();
    }
  }
  void tell_population();
  void discard(Entry* entry, Removal removal);

  HashTable<EntryTraits> table_;
  ExpiryQueue expiries_;
  std::size_t keys_with_expiry_ = 0;
  std::size_t stale_search_ = 0;       // the place in the queue where it goes on
  std::int64_t due_ms_ = kNothingDue;  // as last told
  Counter expired_keys_;
  KeyRegister<Watcher> watchers_;
  KeyRegister<Waiter> waiters_;
  std::size_t awaited_removals_ = 0;
  TrackingTable tracking_;
  // As last told to the population.
  bool has_keys_ = false;
  bool has_expiries_ = false;
  KeyListener* listener_ = nullptr;
  Population* population_ = nullptr;
  const AccessClock* clock_ = &AccessClock::stopped();
  std::size_t number_ = 0;
  std::size_t index_ = 0;
  std::mutex mutex_;
};

}  // namespace weir::redis
