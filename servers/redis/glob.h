// Redis' glob patterns: ? one byte, * any run of bytes, [abc] [^a] [a-z] sets, \x the byte x.
// Pure; any thread. Costs at most pattern length times text length, whatever the pattern: a `*`
// that fails gives way to the one before it only once (greedy with one point of return).
#pragma once

#include <string_view>

namespace weir::redis {

bool glob_match(std::string_view pattern, std::string_view text);
// The same with ASCII letters of either case equal.
bool glob_match_no_case(std::string_view pattern, std::string_view text);

}  // namespace weir::redis
