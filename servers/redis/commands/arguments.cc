#include "servers/redis/commands/arguments.h"

#include <limits>
#include <string>

namespace weir::redis::commands {

void wrong_arity(Call& call) {
  call.error("ERR wrong number of arguments for '" + std::string(call.command.name) + "' command");
}

bool read_count(Call& call, std::size_t i, std::int64_t& count, std::string_view message) {
  if (!call.integer(i, count, message)) return false;
  if (count >= 0) return true;
  call.error(message);
  return false;
}

bool read_negatable(Call& call, std::size_t i, std::int64_t& value) {
  if (!call.integer(i, value)) return false;
  if (value != std::numeric_limits<std::int64_t>::min()) return true;
  call.error(
      "ERR value is out of range, value must between -9223372036854775807 and "
      "9223372036854775807");
  return false;
}

bool SampleSize::from_count(Call& call, std::int64_t count, SampleSize& size) {
  if (count < -kMaxRepeated) {
    call.error("ERR value is out of range");
    return false;
  }
  size = {static_cast<std::size_t>(count < 0 ? -count : count), count < 0};
  return true;
}

}  // namespace weir::redis::commands
