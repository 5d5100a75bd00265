// The name of a peer's session: its endpoint, its slot there and the slot's generation. The only
// reference to a DatagramPeer that may leave its reactor; an id that outlives its session names
// nobody, never the next peer in the same slot, nor a later session of the same peer.
// A value: any thread. Invariant: generation 0 belongs to the default alone, which names nobody.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

namespace weir {

struct DatagramPeerId {
  std::uint32_t endpoint = 0;  // of its engine
  std::uint32_t slot = 0;
  std::uint64_t generation = 0;  // never comes again, however fast peers come and go

  bool operator==(const DatagramPeerId&) const = default;
};

}  // namespace weir

template <>
struct std::hash<weir::DatagramPeerId> {
  std::size_t operator()(weir::DatagramPeerId id) const noexcept {
    const std::uint64_t place = std::uint64_t{id.endpoint} << 32 | id.slot;
    return std::hash<std::uint64_t>()(place ^ id.generation << 40);
  }
};
