// Memory of coroutine frames: a frame that ends leaves its memory to the next of about its size on
// the same thread, which a reactor is.
//
// Any thread, each with lists of its own; a frame may be freed on another thread than the one that
// made it. Bounds: kKeptBytes a size; larger frames than kMaxSize come from the heap.
#pragma once

#include <cstddef>

namespace weir {

class FrameCache {
 public:
  static constexpr std::size_t kStep = 32;
  static constexpr std::size_t kMaxSize = 2048;
  static constexpr std::size_t kKeptBytes = 64 * 1024;

  static void* allocate(std::size_t size);
  // `size` is what was asked for.
  static void free(void* frame, std::size_t size) noexcept;
};

}  // namespace weir
