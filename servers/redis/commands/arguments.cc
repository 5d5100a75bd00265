#include "servers/redis/commands/arguments.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "servers/redis/types/float_text.h"

namespace weir::redis::commands {
namespace {

// As good as forever, and no timer overflows: a thousand years.
constexpr std::int64_t kMaxTimeoutMs = std::int64_t{1000} * 365 * 86'400'000;

}  // namespace

void wrong_arity(Call& call) {
  call.error("ERR wrong number of arguments for '" + std::string(call.command().name) +
             "' command");
}

bool read_count(Call& call, std::size_t i, std::int64_t& count, std::string_view message) {
  if (!call.integer(i, count, message)) return false;
  if (count >= 0) return true;
  call.error(message);
  return false;
}

bool read_positive(Call& call, std::size_t i, std::int64_t& number, std::string_view message) {
  if (!call.integer(i, number, message)) return false;
  if (number > 0) return true;
  call.error(message);
  return false;
}

std::size_t skip_counted_keys(Call& call, std::size_t first) {
  std::int64_t count = 0;
  if (!read_positive(call, first - 1, count)) return 0;
  return first + std::min(static_cast<std::size_t>(count), call.size());
}

bool read_pop_count(Call& call, std::size_t i, std::int64_t& count) {
  if (i == call.size()) return true;
  const bool whole = i + 2 == call.size() && call.is_option(i, "count");
  if (whole) return read_positive(call, i + 1, count, "ERR count should be greater than 0");
  // Redis reads one option after the other: a second COUNT is refused behind the first's number.
  const bool begun = i + 2 < call.size() && call.is_option(i, "count");
  if (begun && !read_positive(call, i + 1, count, "ERR count should be greater than 0")) {
    return false;
  }
  call.syntax_error();
  return false;
}

bool read_timeout(Call& call, std::size_t i, std::int64_t& timeout_ms) {
  const auto seconds = parse_float(call.argument(i));
  if (!seconds) {
    call.error("ERR timeout is not a float or out of range");
    return false;
  }
  const long double ms = std::ceil(*seconds * 1000);
  // Redis takes what no 64 bits hold for negative.
  constexpr long double kBeyond = 0x1p63L;
  if (ms < 0 || ms >= kBeyond) {
    call.error("ERR timeout is negative");
    return false;
  }
  timeout_ms = std::min(static_cast<std::int64_t>(ms), kMaxTimeoutMs);
  return true;
}

bool read_timeout_ms(Call& call, std::size_t i, std::int64_t& timeout_ms) {
  if (!call.integer(i, timeout_ms, "ERR timeout is not an integer or out of range")) return false;
  if (timeout_ms < 0) {
    call.error("ERR timeout is negative");
    return false;
  }
  timeout_ms = std::min(timeout_ms, kMaxTimeoutMs);
  return true;
}

bool read_database(Call& call, std::size_t i, std::size_t& database) {
  using Limits = std::numeric_limits<std::int32_t>;
  std::int64_t number = 0;
  if (!call.integer(i, number)) return false;
  if (number < Limits::min() || number > Limits::max()) {
    call.error("ERR value is out of range, value must between -2147483648 and 2147483647");
    return false;
  }
  database = static_cast<std::size_t>(number);
  if (number >= 0 && database < call.server.keyspace().databases()) return true;
  call.error("ERR DB index is out of range");
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
