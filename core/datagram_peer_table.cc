#include "core/datagram_peer_table.h"

#include <iterator>

#include "base/check.h"

namespace weir {

DatagramPeer* DatagramPeerTable::find(const Address& address) const {
  const auto found = by_address_.find(address);
  return found != by_address_.end() ? *found : nullptr;
}

DatagramPeer* DatagramPeerTable::find(DatagramPeerId id) const {
  if (id.endpoint != index_ || id.slot >= slots_.size()) return nullptr;
  const Slot& slot = slots_[id.slot];
  return slot.generation == id.generation ? slot.peer : nullptr;
}

DatagramPeer& DatagramPeerTable::add(const DatagramRoute& route) {
  const std::uint32_t slot = take_slot();
  const DatagramPeerId id{index_, slot, slots_[slot].generation};
  DatagramPeer& peer = peers_.emplace_back(endpoint_, id, route);
  peer.place_ = std::prev(peers_.end());
  slots_[slot].peer = &peer;
  WEIR_CHECK(by_address_.insert(&peer).second);
  return peer;
}

void DatagramPeerTable::retire(DatagramPeer& peer) {
  by_address_.erase(&peer);
  Slot& slot = slots_[peer.id().slot];
  slot.peer = nullptr;
  ++slot.generation;
  free_slots_.push_back(peer.id().slot);
  retired_.splice(retired_.end(), peers_, peer.place_);
}

std::uint32_t DatagramPeerTable::take_slot() {
  if (!free_slots_.empty()) {
    const std::uint32_t slot = free_slots_.back();
    free_slots_.pop_back();
    return slot;
  }
  // Whoever retires it needs no memory then.
  if (free_slots_.capacity() <= slots_.size()) free_slots_.reserve(2 * slots_.size() + 64);
  slots_.emplace_back();
  return static_cast<std::uint32_t>(slots_.size() - 1);
}

}  // namespace weir
