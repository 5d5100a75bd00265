// Arguments that commands of several groups read alike. Each function replies with Redis' error
// itself where it returns false.
// Thread rule: the call's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "servers/redis/call.h"

namespace weir::redis::commands {

// Refuses a number of arguments that the row's arity alone could not.
void wrong_arity(Call& call);

// As much of an argument as an error quotes: Redis prints it as a C string.
inline std::string_view quotable(std::string_view argument) {
  return argument.substr(0, argument.find('\0'));
}

// Argument i as a number of elements, 0 or more: LPOP key [count], SPOP key [count].
bool read_count(Call& call, std::size_t i, std::int64_t& count,
                std::string_view message = "ERR value is out of range, must be positive");

// Argument i as a number of keys, 1 or more, or of what else `message` says.
bool read_positive(Call& call, std::size_t i, std::int64_t& number,
                   std::string_view message = "ERR numkeys should be greater than 0");

// Behind the keys that begin at argument `first`, with their number in front of them: that
// position, beyond all arguments where there are fewer; 0, with the error replied, where that is no
// number.
std::size_t skip_counted_keys(Call& call, std::size_t first);

// [COUNT count] at argument i, with nothing behind it. `count` is left as it is without one.
bool read_pop_count(Call& call, std::size_t i, std::int64_t& count);

// Argument i as a time to wait in seconds, rounded up to milliseconds; 0 is forever.
bool read_timeout(Call& call, std::size_t i, std::int64_t& timeout_ms);

// The same in milliseconds.
bool read_timeout_ms(Call& call, std::size_t i, std::int64_t& timeout_ms);

// Argument i as the number of a database.
bool read_database(Call& call, std::size_t i, std::size_t& database);

// Argument i as an integer whose negation is one too.
bool read_negatable(Call& call, std::size_t i, std::int64_t& value);

// A sample's size: as in SRANDMEMBER key count, a negative count asks for that many independent
// picks, which may repeat an element.
struct SampleSize {
  // Picks that one call may ask for with repetition. Without repetition the collection itself
  // bounds the reply; this bounds it where thirty bytes of request could ask for exabytes.
  static constexpr std::int64_t kMaxRepeated = std::int64_t{1} << 24;

  std::size_t count;
  bool repeated;

  // False, with the error replied, when the count asks for too much.
  static bool from_count(Call& call, std::int64_t count, SampleSize& size);
};

}  // namespace weir::redis::commands
