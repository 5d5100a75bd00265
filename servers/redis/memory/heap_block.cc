#include "servers/redis/memory/heap_block.h"

#include <malloc.h>

#include <cstdint>
#include <cstdlib>

#include "servers/redis/memory/heap_meter.h"

namespace weir::redis {

void* allocate_block(std::size_t bytes) {
  void* const block = std::malloc(bytes);
  if (block != nullptr) HeapMeter::add(::malloc_usable_size(block));
  return block;
}

// Allocators make sure of an alignment by taking more, a quarter more where a size class follows:
// but most blocks of such sizes are aligned without being asked.
void* allocate_aligned_block(std::size_t bytes, std::size_t alignment) {
  void* block = std::malloc(bytes);
  if (reinterpret_cast<std::uintptr_t>(block) % alignment != 0) {
    std::free(block);
    block = std::aligned_alloc(alignment, bytes);
  }
  if (block != nullptr) HeapMeter::add(::malloc_usable_size(block));
  return block;
}

void* resize_block(void* block, std::size_t bytes) {
  const std::size_t before = ::malloc_usable_size(block);
  void* const resized = std::realloc(block, bytes);
  if (resized == nullptr) return nullptr;
  HeapMeter::subtract(before);
  HeapMeter::add(::malloc_usable_size(resized));
  return resized;
}

void free_block(void* block) {
  HeapMeter::subtract(::malloc_usable_size(block));
  std::free(block);
}

}  // namespace weir::redis
