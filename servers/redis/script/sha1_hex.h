// The name of a script: the SHA-1 of its text (FIPS 180-4) in 40 lower case hexadecimal digits, as
// EVALSHA has it. Thread rule: a plain function.
#pragma once

#include <string>
#include <string_view>

namespace weir::redis {

std::string sha1_hex(std::string_view bytes);
// A digest as clients may write it, in any case.
std::string lower_digest(std::string_view digest);

}  // namespace weir::redis
