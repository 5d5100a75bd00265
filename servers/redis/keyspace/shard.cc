#include "servers/redis/keyspace/shard.h"

#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "servers/redis/types/key_hash.h"

namespace weir::redis {

Entry* Shard::find(const Key& key, std::int64_t now_ms) {
  Entry* entry = table_.find(key.name, key.hash);
  if (entry == nullptr || !entry->expired(now_ms)) return entry;
  remove_expired(key);
  return nullptr;
}

Entry* Shard::read_expired(const Key& key) {
  if (may_expire()) remove_expired(key);
  return nullptr;
}

void Shard::remove_expired(const Key& key) {
  touch(key.name, Author::kServer);
  announce(kExpired, key.name);
  erase(key, Removal::kExpiry);
  expired_keys_.add();
}

// Where its key was looked for, and is absent. As add() and insert().
[[gnu::always_inline]] inline void Shard::insert(const Place& place, Entry* entry, const Key& key) {
  entry->set_stamp(clock_->first());
  table_.insert(place, entry, key.hash);
  if (entry->has_expiry()) expiry_changed(entry, key.hash, Entry::kNever);
  if (!has_keys_) publish_population();
  announce(kNew, key.name);
}

Entry* Shard::set_text(const Key& key, std::string_view text, std::int64_t expiry,
                       std::int64_t now_ms) {
  const Place place = table_.find_place(key.name, key.hash);
  if (place) return replace_text(place, key, text, expiry, now_ms);
  insert(place, Entry::make_text(key.name, text, expiry), key);
  return nullptr;
}

Entry* Shard::replace_text(Place place, const Key& key, std::string_view text, std::int64_t expiry,
                           std::int64_t now_ms) {
  Entry* const old = place.item();
  if (old->expired(now_ms)) [[unlikely]] {
    remove_expired(key);
    insert(Entry::make_text(key.name, text, expiry), key.hash);
    return nullptr;
  }
  const std::int64_t old_expiry = old->expiry();
  Entry* entry = nullptr;
  if (old->free_cost() > kLargeCost) {
    entry = Entry::make_text(key.name, text, expiry);
    entry->set_stamp(old->stamp());
    discard(old, Removal::kServerDel);
  } else {
    entry = Entry::with_text(old, text, expiry);
  }
  place.replace(entry);
  if (old_expiry != expiry) expiry_changed(entry, key.hash, old_expiry);
  return entry;
}

void Shard::set(Entry* entry, std::uint64_t hash, std::int64_t now_ms) {
  const Key key{entry->key(), hash};
  const Entry* const old = find(key, now_ms);
  if (old == nullptr) return insert(entry, hash);
  entry->set_stamp(clock_->after(old->stamp()));
  erase(key);
  add(entry, hash);
}

void Shard::insert(Entry* entry, std::uint64_t hash) {
  add(entry, hash);
  announce(kNew, entry->key());
}

void Shard::add(Entry* entry, std::uint64_t hash) {
  if (entry->stamp() == AccessClock::kNoStamp) entry->set_stamp(clock_->first());
  table_.insert(entry, hash);
  if (entry->has_expiry()) expiry_changed(entry, hash, Entry::kNever);
  publish_population();
}

void Shard::set_expiry(Key key, std::int64_t expiry) {
  auto place = table_.find_place(key.name, key.hash);
  WEIR_CHECK(place);
  const std::int64_t old_expiry = place.item()->expiry();
  Entry* const entry = Entry::with_expiry(place.item(), expiry);
  place.replace(entry);
  if (old_expiry != expiry) expiry_changed(entry, key.hash, old_expiry);
}

char* Shard::resize_text(Key key, std::size_t size) {
  auto place = table_.find_place(key.name, key.hash);
  WEIR_CHECK(place);
  char* bytes = nullptr;
  place.replace(Entry::with_size(place.item(), size, bytes));
  return bytes;
}

bool Shard::erase(Key key, Removal removal) {
  Entry* entry = take(key);
  if (entry == nullptr) return false;
  discard(entry, removal);
  return true;
}

void Shard::discard(Entry* entry, Removal removal) {
  if (entry->free_cost() <= kLargeCost || listener_ == nullptr) return Entry::destroy(entry);
  listener_->discard(entry, removal);
}

Entry* Shard::take(Key key) {
  Entry* entry = table_.erase(key.name, key.hash);
  if (entry != nullptr && entry->has_expiry()) {
    --keys_with_expiry_;
    limit_stale();
  }
  publish_population();
  return entry;
}

void Shard::tell_of_change(std::string_view key, Author author) {
  touch_registered(key);
  if (is_tracked()) tell_readers(key, author);
}

void Shard::tell(std::string_view key) {
  if (const auto* watchers = watchers_.find(key)) {
    for (Watcher* watcher : *watchers) watcher->mark_changed();
  }
  tell_waiters(key);
}

void Shard::tell_waiters(std::string_view key) {
  if (listener_ != nullptr && waiters_.find(key) != nullptr) {
    listener_->awaited_changed(number_, key);
  }
}

void Shard::tell_readers(std::string_view key, Author author) {
  TrackingTable::Readers readers = tracking_.take(key);
  if (listener_ == nullptr || (readers.empty() && !listener_->wants_every_change())) return;
  listener_->cached_changed(key, std::move(readers), author);
}

std::vector<std::string> Shard::registered_keys() const {
  std::vector<std::string> keys;
  const auto add = [&keys](std::string_view key) { keys.emplace_back(key); };
  watchers_.for_each_key(add);
  waiters_.for_each_key(add);
  return keys;
}

void Shard::touch_all() {
  for (const std::string& name : registered_keys()) {
    if (table_.find(name, key_hash(name)) != nullptr) touch_registered(name);
  }
}

void Shard::swap_keys(Shard& other) {
  std::swap(table_, other.table_);
  std::swap(expiries_, other.expiries_);
  std::swap(keys_with_expiry_, other.keys_with_expiry_);
  for (Shard* shard : {this, &other}) {
    shard->publish_due();
    shard->publish_population();
  }
}

// Counts, and queues the new time. The old one's item goes stale.
void Shard::expiry_changed(const Entry* entry, std::uint64_t hash, std::int64_t old_expiry) {
  if (old_expiry != Entry::kNever) --keys_with_expiry_;
  if (entry->has_expiry()) {
    ++keys_with_expiry_;
    expiries_.push({entry->expiry(), hash});
    if (entry->expiry() < due_ms_) publish_due();
  }
  limit_stale();
  publish_population();
}

// nullptr where the item is stale.
const Entry* Shard::live_entry(const ExpiryQueue::Item& item) const {
  return table_.find_if(item.hash, [&item](const Entry& candidate) {
    return candidate.expiry() == item.expiry &&
           (key_hash(candidate.key()) & ExpiryQueue::kHashMask) == item.hash;
  });
}

// Goes round the queue, a few items a change, and so keeps up with what goes stale without a pause.
void Shard::limit_stale() {
  const std::size_t limit = 2 * keys_with_expiry_ + kStaleAllowance;
  for (std::size_t i = 0; i < kStaleSearch && expiries_.size() > limit; ++i) {
    if (stale_search_ >= expiries_.size()) stale_search_ = 0;
    if (live_entry(expiries_.at(stale_search_)) != nullptr) {
      ++stale_search_;
    } else {
      expiries_.remove(stale_search_);
    }
  }
}

// The first item may be stale: then it is told of too early.
void Shard::publish_due() {
  const std::int64_t due_ms = expiries_.empty() ? kNothingDue : expiries_.front().expiry;
  if (due_ms == due_ms_) return;
  due_ms_ = due_ms;
  if (listener_ != nullptr) listener_->due_changed(number_, due_ms);
}

void Shard::tell_population() {
  has_keys_ = table_.size() != 0;
  has_expiries_ = keys_with_expiry_ != 0;
  if (population_ == nullptr) return;
  population_->set_has_keys(index_, has_keys_);
  population_->set_has_expiries(index_, has_expiries_);
}

const Entry* Shard::first_to_expire() {
  const Entry* first = nullptr;
  while (first == nullptr && !expiries_.empty()) {
    first = live_entry(expiries_.front());
    if (first == nullptr) expiries_.pop();
  }
  publish_due();
  return first;
}

// Where the queue is long, more of its items are live than stale.
const Entry* Shard::random_with_expiry(Random& random) {
  constexpr int kDraws = 16;
  if (keys_with_expiry_ == 0) return nullptr;
  for (int i = 0; i < kDraws; ++i) {
    const Entry* const drawn = live_entry(expiries_.at(random.below(expiries_.size())));
    if (drawn != nullptr) return drawn;
  }
  return first_to_expire();
}

std::size_t Shard::expire(std::int64_t now_ms, std::size_t limit) {
  if (!may_expire()) return 0;
  std::size_t items = 0;
  for (; items < limit && !expiries_.empty() && expiries_.front().expiry <= now_ms; ++items) {
    const std::uint64_t hash = expiries_.front().hash;
    expiries_.pop();
    const Entry* due = table_.find_if(hash, [now_ms, hash](const Entry& entry) {
      return entry.expired(now_ms) && (key_hash(entry.key()) & ExpiryQueue::kHashMask) == hash;
    });
    if (due == nullptr) continue;  // stale
    remove_expired({due->key(), key_hash(due->key())});
  }
  publish_due();
  return items;
}

ShardKeys Shard::take_keys() {
  ShardKeys keys(std::move(table_), std::move(expiries_));
  expiries_.clear();
  keys_with_expiry_ = 0;
  publish_due();
  publish_population();
  return keys;
}

std::size_t Shard::allocated_bytes() const {
  return table_.allocated_bytes() + expiries_.allocated_bytes();
}

}  // namespace weir::redis
