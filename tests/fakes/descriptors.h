// What a test compares before and after to find a leak: how many descriptors the process has open.
// Any thread; of use while no other opens and closes some.
#pragma once

#include <cstddef>
#include <filesystem>
#include <iterator>

namespace weir::fakes {

inline std::size_t open_descriptors() {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}));
}

}  // namespace weir::fakes
