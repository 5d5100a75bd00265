#include "core/connection_table.h"

#include <utility>

#include "base/check.h"
#include "core/connection.h"

namespace weir {

ConnectionTable::~ConnectionTable() = default;

ConnectionId ConnectionTable::next_id() {
  if (free_ == kNoSlot) add_page();
  return ConnectionId::make(reactor_, free_, slot_at(free_).generation);
}

void ConnectionTable::add_page() {
  const std::uint32_t first = size();
  WEIR_CHECK(first < ConnectionId::kMaxSlots);
  pages_.push_back(std::make_unique<Slot[]>(kPageSlots));
  // The lowest number is taken first.
  for (std::uint32_t slot = first + kPageSlots; slot-- > first;) {
    slot_at(slot).next_free = std::exchange(free_, slot);
  }
}

Connection& ConnectionTable::put(std::unique_ptr<Connection> connection) {
  WEIR_CHECK(free_ != kNoSlot);
  Slot& slot = slot_at(free_);
  free_ = slot.next_free;
  slot.connection = std::move(connection);
  return *slot.connection;
}

Connection* ConnectionTable::find(ConnectionId id) const {
  if (id.reactor() != reactor_ || id.slot() >= size()) return nullptr;
  const Slot& slot = slot_at(id.slot());
  return slot.generation == id.generation() ? slot.connection.get() : nullptr;
}

void ConnectionTable::erase(ConnectionId id) {
  Slot& slot = slot_at(id.slot());
  WEIR_CHECK(slot.generation == id.generation() && slot.connection != nullptr);
  if (++slot.generation == 0) slot.generation = 1;
  slot.connection.reset();
  slot.next_free = std::exchange(free_, id.slot());
}

}  // namespace weir
