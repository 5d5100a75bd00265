#include "coroutine/frame_cache.h"

#include <array>
#include <cstdint>
#include <new>

namespace weir {

namespace {

// Under AddressSanitizer a frame that is kept would hide whoever still uses it.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool kKeeps = false;
#else
constexpr bool kKeeps = true;
#endif

struct Free {
  Free* next;
};

struct List {
  Free* first = nullptr;
  std::size_t bytes = 0;
};

// Trivially destroyed, so that frames may be freed until the thread has gone.
struct Lists {
  std::array<List, FrameCache::kMaxSize / FrameCache::kStep> lists;
  bool ended = false;
};
thread_local constinit Lists mine;

// Gives back at the thread's end what it has kept.
struct Emptying {
  ~Emptying() {
    mine.ended = true;
    for (List& list : mine.lists) {
      while (list.first != nullptr) {
        Free* const next = list.first->next;
        ::operator delete(list.first);
        list.first = next;
      }
    }
  }
};

List& list_of(std::size_t size) { return mine.lists[(size - 1) / FrameCache::kStep]; }

std::size_t rounded(std::size_t size) {
  return (size + FrameCache::kStep - 1) / FrameCache::kStep * FrameCache::kStep;
}

}  // namespace

void* FrameCache::allocate(std::size_t size) {
  if (size > kMaxSize) return ::operator new(size);
  List& list = list_of(size);
  Free* const kept = list.first;
  if (kept == nullptr) return ::operator new(rounded(size));
  list.first = kept->next;
  list.bytes -= rounded(size);
  return kept;
}

void FrameCache::free(void* frame, std::size_t size) noexcept {
  if (!kKeeps || size > kMaxSize || mine.ended) return ::operator delete(frame);
  thread_local const Emptying emptying;
  (void)emptying;
  List& list = list_of(size);
  if (list.bytes + rounded(size) > kKeptBytes) return ::operator delete(frame);
  list.first = new (frame) Free{list.first};
  list.bytes += rounded(size);
}

}  // namespace weir
