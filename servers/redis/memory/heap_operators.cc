// operator new and delete that count what they give and take (heap_meter.h), for a whole program.
// The memory is malloc's, whichever is linked.
#include <malloc.h>

#include <cstdlib>
#include <new>

#include "servers/redis/memory/heap_meter.h"

namespace {

using weir::redis::HeapMeter;

// nullptr when there is no memory and nobody who could make some.
template <class Allocate>
[[gnu::always_inline]] inline void* allocate(Allocate&& take) {
  for (;;) {
    void* const memory = take();
    if (memory != nullptr) [[likely]] {
      HeapMeter::add(::malloc_usable_size(memory));
      return memory;
    }
    const std::new_handler handler = std::get_new_handler();
    if (handler == nullptr) return nullptr;
    handler();
  }
}

void* take(std::size_t size) {
  return allocate([size] { return std::malloc(size != 0 ? size : 1); });
}

void* take(std::size_t size, std::align_val_t alignment) {
  const auto align = static_cast<std::size_t>(alignment);
  return allocate([=] { return std::aligned_alloc(align, (size + align - 1) / align * align); });
}

void* or_throw(void* memory) {
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

void give_back(void* memory) {
  if (memory == nullptr) return;
  HeapMeter::subtract(::malloc_usable_size(memory));
  std::free(memory);
}

}  // namespace

// All forms: what is not replaced here, the allocator itself may have replaced, without counting.
void* operator new(std::size_t size) { return or_throw(take(size)); }
void* operator new[](std::size_t size) { return or_throw(take(size)); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return take(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return take(size); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return or_throw(take(size, alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return or_throw(take(size, alignment));
}
void* operator new(std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return take(size, alignment);
}
void* operator new[](std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return take(size, alignment);
}

void operator delete(void* memory) noexcept { give_back(memory); }
void operator delete[](void* memory) noexcept { give_back(memory); }
void operator delete(void* memory, std::size_t) noexcept { give_back(memory); }
void operator delete[](void* memory, std::size_t) noexcept { give_back(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { give_back(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { give_back(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { give_back(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { give_back(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { give_back(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { give_back(memory); }
