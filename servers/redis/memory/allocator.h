// What the allocator tells of itself, where it is mimalloc; with another (a test's, a sanitizer's)
// only what every malloc knows. Any thread.
#pragma once

#include <optional>
#include <string>

namespace weir::redis {

// "mimalloc-2.0.9", "libc".
std::string allocator_name();
// Gives back to the system what the calling thread's heap can spare.
void purge_allocator();
// Its own statistics, lines for people.
std::optional<std::string> allocator_report();

}  // namespace weir::redis
