// malloc's blocks, counted as operator new's are (see HeapMeter): for values that grow in place,
// and for aligned ones. Any thread.
#pragma once

#include <cstddef>

namespace weir::redis {

// nullptr when there is no memory; then `block` stays as it was. A null `block` is as none.
void* allocate_block(std::size_t bytes);
// `bytes` is a multiple of `alignment`, a power of two.
void* allocate_aligned_block(std::size_t bytes, std::size_t alignment);
void* resize_block(void* block, std::size_t bytes);
void free_block(void* block);

}  // namespace weir::redis
