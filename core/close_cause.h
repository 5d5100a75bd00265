// Why a connection closed: each has exactly one cause, the first that came.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weir {

enum class CloseCause : std::uint8_t {
  kLocal,      // in order, this side first: close() or close_after_flush() without a reason
  kPeer,       // in order: the peer ended its stream, and had its answers
  kReset,      // the stream broke: a reset by the peer or another error of the network
  kTimeout,    // a deadline was missed, that of the last bytes among them
  kOverflow,   // a bound was exceeded, as that of unread input
  kError,      // close() or close_after_flush() with a reason, as after a protocol error
  kException,  // one escaped its session, or a task that ran for it
  kAbort,      // abort(): a reset by this side
  kStop,       // the engine stopped
};

inline constexpr std::size_t kCloseCauses = 9;

// For reports, in the order of the causes.
inline constexpr std::array<std::string_view, kCloseCauses> kCloseCauseNames = {
    "local", "peer", "reset", "timeout", "overflow", "error", "exception", "abort", "stop"};

}  // namespace weir
