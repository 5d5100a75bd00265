// What the shards tell the server of their keys: under the shard's lock, on the thread that
// executes. A shard is named by its number, see Keyspace.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "servers/redis/keyspace/key_event.h"
#include "servers/redis/keyspace/tracking_table.h"

namespace weir::redis {

class Entry;

// Who changed a key: the command that runs, or the server of its own accord, as when it expires.
enum class Author : std::uint8_t { kCommand, kServer };

// Who removed a value: that decides from which size on it is freed later (lazyfree-lazy-*).
enum class Removal : std::uint8_t { kUnlink, kUserDel, kServerDel, kExpiry, kEviction };

class KeyListener {
 public:
  // `wanted` outlives the listener: the classes of the events that it is told.
  explicit KeyListener(const std::atomic<EventClasses>& wanted) : wanted_(wanted) {}
  virtual ~KeyListener() = default;

  // A key that clients wait for was written or removed.
  virtual void awaited_changed(std::size_t shard, std::string_view key) = 0;
  // The same of a key that clients have read and may have cached, or with nobody among `readers`
  // of any key that changes, if that is wanted.
  virtual void cached_changed(std::string_view key, TrackingTable::Readers readers,
                              Author author) = 0;
  // Any thread.
  void want_every_change(bool every) { wants_all_.store(every, std::memory_order_relaxed); }
  bool wants_every_change() const { return wants_all_.load(std::memory_order_relaxed); }

  bool wants(const KeyEvent& event) const {
    return (wanted_.load(std::memory_order_relaxed) & event.event_class) != 0;
  }
  // What it wants has happened. In the order of what happens to the shard's keys.
  virtual void happened(std::size_t shard, const KeyEvent& event, std::string_view key) = 0;

  // Whether a key that has expired may be removed although nobody writes it.
  virtual bool may_expire() const = 0;

  // Frees an entry that was removed, now or later: its value is not small.
  virtual void discard(Entry* entry, Removal removal) = 0;

  // The first of the shard's keys expires then; Shard::kNothingDue when none does. It may turn out
  // that it has been changed or removed since.
  virtual void due_changed(std::size_t shard, std::int64_t due_ms) = 0;

 private:
  const std::atomic<EventClasses>& wanted_;
  std::atomic<bool> wants_all_{false};
};

}  // namespace weir::redis
