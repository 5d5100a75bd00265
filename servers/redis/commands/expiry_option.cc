#include "servers/redis/commands/expiry_option.h"

#include <algorithm>
#include <string>

namespace weir::redis::commands {
namespace {

bool refuse(Call& call) {
  std::string name(call.command().name);
  call.error("ERR invalid expire time in '" + name + "' command");
  return false;
}

}  // namespace

bool parse_expiry(Call& call, std::size_t i, TimeUnit unit, TimeBase base, bool positive,
                  std::int64_t& expiry) {
  std::int64_t value = 0;
  if (!call.integer(i, value)) return false;
  if (positive && value <= 0) return refuse(call);
  if (unit == TimeUnit::kSeconds && __builtin_mul_overflow(value, std::int64_t{1000}, &value)) {
    return refuse(call);
  }
  const std::int64_t start = base == TimeBase::kNow ? call.now_ms : 0;
  if (__builtin_add_overflow(value, start, &expiry)) return refuse(call);
  // Anything before the epoch has passed as well as the epoch itself.
  expiry = std::clamp(expiry, std::int64_t{0}, Entry::kMaxExpiry);
  return true;
}

}  // namespace weir::redis::commands
