// The name of a connection: its reactor, its slot there and the slot's generation, in 64 bits.
// The only reference to a connection that may leave its reactor. A slot's generation changes when
// its connection is reaped, so an id that outlives its connection names nobody, never the next peer
// in the same slot.
// A value: any thread. Invariant: generation 0 belongs to kNone alone.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

#include "base/check.h"

namespace weir {

struct ConnectionId {
  static constexpr uint32_t kMaxReactors = 1U << 8;
  static constexpr uint32_t kMaxSlots = 1U << 24;  // connections of one reactor at one time

  // Names no connection; what a default ConnectionId is.
  static const ConnectionId kNone;

  // REQUIRES: reactor < kMaxReactors, slot < kMaxSlots, generation != 0.
  static constexpr ConnectionId make(uint32_t reactor, uint32_t slot, uint32_t generation) {
    WEIR_DCHECK(reactor < kMaxReactors && slot < kMaxSlots && generation != 0);
    return ConnectionId{uint64_t{reactor} << 56 | uint64_t{slot} << 32 | generation};
  }

  constexpr uint32_t reactor() const { return static_cast<uint32_t>(bits >> 56); }
  constexpr uint32_t slot() const { return static_cast<uint32_t>(bits >> 32) & (kMaxSlots - 1); }
  constexpr uint32_t generation() const { return static_cast<uint32_t>(bits); }

  // Total, by reactor, then slot, then generation.
  constexpr auto operator<=>(const ConnectionId&) const = default;

  uint64_t bits = 0;  // reactor:8 slot:24 generation:32; what user data of the kernel carries
};

inline constexpr ConnectionId ConnectionId::kNone{};

}  // namespace weir

template <>
struct std::hash<weir::ConnectionId> {
  size_t operator()(weir::ConnectionId id) const noexcept { return std::hash<uint64_t>()(id.bits); }
};
