// The connections of one reactor, each in a slot whose number is part of its id. A slot that is
// free again has another generation, so a stale id finds nobody.
//
// Pages of slots: growth moves nothing and leaves no half empty copy behind. Owner's thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/connection_id.h"

namespace weir {

class Connection;

class ConnectionTable {
 public:
  // `reactor`: for the ids.
  explicit ConnectionTable(std::uint32_t reactor) : reactor_(reactor) {}
  ~ConnectionTable();

  // The id of the connection that is put next; makes room for it. Nothing has changed after a
  // std::bad_alloc.
  ConnectionId next_id();
  // REQUIRES: next_id() was called since the last time. Allocates nothing.
  Connection& put(std::unique_ptr<Connection> connection);
  // nullptr for a stale id.
  Connection* find(ConnectionId id) const;
  // REQUIRES: find(id) != nullptr.
  void erase(ConnectionId id);

  // Slots, used or not: what at() takes, and a bound on the connections.
  std::uint32_t size() const { return static_cast<std::uint32_t>(pages_.size()) * kPageSlots; }
  // nullptr for a free slot.
  Connection* at(std::uint32_t slot) const { return slot_at(slot).connection.get(); }

 private:
  static constexpr std::uint32_t kPageSlots = 256;  // 4 KiB
  static constexpr std::uint32_t kNoSlot = ConnectionId::kMaxSlots;

  struct Slot {
    std::unique_ptr<Connection> connection;
    std::uint32_t generation = 1;
    std::uint32_t next_free = kNoSlot;
  };

  Slot& slot_at(std::uint32_t slot) const { return pages_[slot / kPageSlots][slot % kPageSlots]; }
  void add_page();

  const std::uint32_t reactor_;
  std::vector<std::unique_ptr<Slot[]>> pages_;
  std::uint32_t free_ = kNoSlot;  // first of the free ones, linked by next_free
};

}  // namespace weir
