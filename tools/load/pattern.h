// Text that is the same for all and does not repeat within 64 KiB: what is sent, so that a byte
// that was lost, doubled or somebody else's shows. Any thread.
#pragma once

#include <cstddef>
#include <string_view>

namespace weir::load {

inline constexpr std::size_t kPatternBytes = 64 * 1024;

// The longest piece of at most `size` bytes that begins at `begin`, taken round the pattern.
std::string_view pattern_at(std::size_t begin, std::size_t size);

// The bytes at the front of `text`, and of the pattern from `begin` on, that are the same.
std::size_t match_pattern(std::size_t begin, std::string_view text);

}  // namespace weir::load
