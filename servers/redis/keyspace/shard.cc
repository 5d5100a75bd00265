#include "servers/redis/keyspace/shard.h"

#include "base/check.h"
#include "servers/redis/types/key_hash.h"

namespace weir::redis {

Entry* Shard::find(Key key, std::int64_t now_ms) {
  Entry* entry = table_.find(key.name, key.hash);
  if (entry == nullptr || !entry->expired(now_ms)) return entry;
  touch(key.name);
  erase(key);
  expired_keys_.add();
  return nullptr;
}

void Shard::set_text(Key key, std::string_view text, std::int64_t expiry) {
  Entry** slot = table_.find_slot(key.name, key.hash);
  if (slot == nullptr) return insert(Entry::make_text(key.name, text, expiry), key.hash);
  const std::int64_t old_expiry = (*slot)->expiry();
  *slot = Entry::with_text(*slot, text, expiry);
  if (old_expiry != expiry) expiry_changed(*slot, key.hash, old_expiry);
}

void Shard::insert(Entry* entry, std::uint64_t hash) {
  table_.insert(entry, hash);
  if (entry->has_expiry()) expiry_changed(entry, hash, Entry::kNever);
}

void Shard::set_expiry(Key key, std::int64_t expiry) {
  Entry** slot = table_.find_slot(key.name, key.hash);
  WEIR_CHECK(slot != nullptr);
  const std::int64_t old_expiry = (*slot)->expiry();
  *slot = Entry::with_expiry(*slot, expiry);
  if (old_expiry != expiry) expiry_changed(*slot, key.hash, old_expiry);
}

char* Shard::resize_text(Key key, std::size_t size) {
  Entry** slot = table_.find_slot(key.name, key.hash);
  WEIR_CHECK(slot != nullptr);
  char* bytes = nullptr;
  *slot = Entry::with_size(*slot, size, bytes);
  return bytes;
}

bool Shard::erase(Key key) {
  Entry* entry = take(key);
  if (entry == nullptr) return false;
  Entry::destroy(entry);
  return true;
}

Entry* Shard::take(Key key) {
  Entry* entry = table_.erase(key.name, key.hash);
  if (entry != nullptr && entry->has_expiry()) {
    --keys_with_expiry_;
    limit_stale();
  }
  return entry;
}

// Counts, and queues the new time. The old one's item goes stale.
void Shard::expiry_changed(const Entry* entry, std::uint64_t hash, std::int64_t old_expiry) {
  if (old_expiry != Entry::kNever) --keys_with_expiry_;
  if (entry->has_expiry()) {
    ++keys_with_expiry_;
    expiries_.push({entry->expiry(), hash});
  }
  limit_stale();
}

void Shard::limit_stale() {
  if (expiries_.size() > 2 * keys_with_expiry_ + kStaleAllowance) sweep_queue();
}

// Costs as much as there are items, however many keys without expiry stand beside them.
void Shard::sweep_queue() {
  for (const ExpiryQueue::Item& item : expiries_.take_distinct()) {
    const Entry* entry = table_.find_if(item.hash, [&item](const Entry& candidate) {
      return candidate.expiry() == item.expiry &&
             (key_hash(candidate.key()) & ExpiryQueue::kHashMask) == item.hash;
    });
    if (entry != nullptr) expiries_.push(item);
  }
}

std::size_t Shard::expire(std::int64_t now_ms, std::size_t limit) {
  std::size_t items = 0;
  for (; items < limit && !expiries_.empty() && expiries_.front().expiry <= now_ms; ++items) {
    const std::uint64_t hash = expiries_.front().hash;
    expiries_.pop();
    const Entry* due = table_.find_if(hash, [now_ms, hash](const Entry& entry) {
      return entry.expired(now_ms) && (key_hash(entry.key()) & ExpiryQueue::kHashMask) == hash;
    });
    if (due == nullptr) continue;  // stale
    const Key key{due->key(), key_hash(due->key())};
    touch(key.name);
    erase(key);
    expired_keys_.add();
  }
  return items;
}

void Shard::clear() {
  table_.clear([](Entry* entry) { Entry::destroy(entry); });
  expiries_.clear();
  keys_with_expiry_ = 0;
}

std::size_t Shard::allocated_bytes() const {
  return table_.allocated_bytes() + expiries_.allocated_bytes();
}

}  // namespace weir::redis
