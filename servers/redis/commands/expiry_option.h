// The time options that SET, GETEX, EXPIRE and their like share: a number of seconds or
// milliseconds, from now or since the epoch.
#pragma once

#include <cstddef>
#include <cstdint>

#include "servers/redis/call.h"

namespace weir::redis::commands {

enum class TimeUnit { kSeconds, kMilliseconds };
enum class TimeBase { kNow, kEpoch };

// Reads argument i as a time; `expiry` gets milliseconds since the epoch, which may lie in the
// past. What lies beyond Entry::kMaxExpiry becomes that. False, with the error replied, when it is
// no integer or out of 64 bits' range, or not positive where `positive` asks for that.
bool parse_expiry(Call& call, std::size_t i, TimeUnit unit, TimeBase base, bool positive,
                  std::int64_t& expiry);

}  // namespace weir::redis::commands
