// Where bits stand in strings: the first is the highest of the first byte.
// Thread rule: the call's thread.
#pragma once

#include <cstddef>
#include <cstdint>

#include "servers/redis/call.h"

namespace weir::redis::commands {

// Argument i as the offset of a bit that a string may have; "#3", where `field_bits` is not 0, is
// that of the fourth field of so many bits. Replies the error where it returns false.
bool read_bit_offset(Call& call, std::size_t i, std::uint64_t field_bits, std::uint64_t& offset);

// The string at key 1, made and lengthened so that it has this bit; nullptr, with the error
// replied, where there is something else. `grown`: it has become longer.
char* bytes_to_change(Call& call, std::uint64_t last_bit, bool& grown);

}  // namespace weir::redis::commands
