// The peers of one endpoint: found by address and by id, in the order of their last datagrams.
//
//   add ->  peers, the idlest first  -> retire ->  retired, until destroyed
//
// Owner's thread only. A retired peer is found no more, and its address may be added again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <unordered_set>
#include <vector>

#include "core/address.h"
#include "core/address_hash.h"
#include "core/datagram_peer.h"
#include "core/datagram_peer_id.h"
#include "core/datagram_route.h"

namespace weir {

class DatagramPeerTable {
 public:
  // `index` is the endpoint's part of the ids.
  DatagramPeerTable(DatagramEndpoint& endpoint, std::uint32_t index)
      : endpoint_(endpoint), index_(index) {}

  DatagramPeer* find(const Address& address) const;
  DatagramPeer* find(DatagramPeerId id) const;
  std::size_t size() const { return by_address_.size(); }

  // REQUIRES: no peer of this address is there.
  DatagramPeer& add(const DatagramRoute& route);
  // From now on the least idle one.
  void touch(DatagramPeer& peer) { peers_.splice(peers_.end(), peers_, peer.place_); }
  // nullptr without any.
  DatagramPeer* idlest() { return peers_.empty() ? nullptr : &peers_.front(); }

  void retire(DatagramPeer& peer);
  // The one that was retired first and is not destroyed; nullptr without any.
  DatagramPeer* next_retired() { return retired_.empty() ? nullptr : &retired_.front(); }
  void destroy(DatagramPeer& retired) { retired_.erase(retired.place_); }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(const Address& address) const { return address_hash(address); }
    std::size_t operator()(const DatagramPeer* peer) const { return (*this)(peer->address()); }
  };
  struct Equal {
    using is_transparent = void;
    static const Address& address(const Address& address) { return address; }
    static const Address& address(const DatagramPeer* peer) { return peer->address(); }
    template <class One, class Other>
    bool operator()(const One& one, const Other& other) const {
      return address(one) == address(other);
    }
  };
  struct Slot {
    DatagramPeer* peer = nullptr;
    std::uint64_t generation = 1;
  };

  std::uint32_t take_slot();

  DatagramEndpoint& endpoint_;
  const std::uint32_t index_;
  std::list<DatagramPeer> peers_;
  std::list<DatagramPeer> retired_;
  std::unordered_set<DatagramPeer*, Hash, Equal> by_address_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_slots_;
};

}  // namespace weir
