// How Engine::listen_datagrams() serves an address.
// A value; main thread, before the engine runs.
#pragma once

#include <cstdint>

#include "core/multicast.h"

namespace weir {

struct DatagramOptions {
  // What a new peer finds when the sessions are at their bound.
  enum class WhenFull {
    kRefuse,       // nothing: its datagrams are dropped, the sessions there are stay
    kReplaceIdle,  // a session, in the place of the one that has been silent for longest
  };

  std::int64_t idle_ms = 60'000;  // a peer silent for so long has no session any more; 0: never
  std::uint32_t max_sessions = 65'536;  // of one socket: sources can be forged, so there is a bound
  WhenFull when_full = WhenFull::kRefuse;
  bool offload = true;  // UDP GSO and GRO where the kernel has them
  Multicast multicast = {};
};

}  // namespace weir
