#include "servers/redis/keyspace/garbage.h"

#include <utility>

#include "base/check.h"

namespace weir::redis {

Garbage::~Garbage() {
  for (Entry* entry : entries_) Entry::destroy(entry);
}

void Garbage::add(Entry* entry) {
  added_.add();
  entries_.push_back(entry);
}

void Garbage::add(ShardKeys keys) {
  if (keys.table.size() == 0) return;
  added_.add(keys.table.size());
  shards_.push_back(std::move(keys));
}

void Garbage::free_piece() {
  WEIR_DCHECK(!empty());
  if (!entries_.empty()) return free_value(entries_.front());
  free_keys(shards_.front());
}

void Garbage::free_value(Entry* entry) {
  if (entry->free_cost() > kPiece) return entry->drain(kPiece);
  entries_.pop_front();
  destroy(entry);
}

void Garbage::free_keys(ShardKeys& keys) {
  keys.table.drain(kPiece, [this](Entry* entry) {
    entry->free_cost() > kPiece ? entries_.push_back(entry) : destroy(entry);
  });
  if (keys.table.size() == 0) shards_.pop_front();
}

void Garbage::destroy(Entry* entry) {
  Entry::destroy(entry);
  freed_.add();
}

}  // namespace weir::redis
