#include "tests/fakes/shortage.h"

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace {

std::atomic<std::int64_t> allocations_left{INT64_MAX};
std::atomic<bool> goes_on_failing{false};
std::atomic<std::uint64_t> failed{0};
std::atomic<bool> some_are_named{false};
thread_local bool is_exempt = false;
thread_local bool is_named = false;

bool must_fail() {
  if (is_exempt || (some_are_named.load(std::memory_order_relaxed) && !is_named)) return false;
  const std::int64_t left = allocations_left.fetch_sub(1, std::memory_order_relaxed);
  const bool now = left == 0 || (left < 0 && goes_on_failing.load(std::memory_order_relaxed));
  if (now) failed.fetch_add(1, std::memory_order_relaxed);
  return now;
}

}  // namespace

// Not inlined, or the compiler sees malloc meet delete in a test and warns.
[[gnu::noinline]] void* operator new(std::size_t size) {
  void* const memory = must_fail() ? nullptr : std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
[[gnu::noinline]] void* operator new[](std::size_t size) { return ::operator new(size); }
[[gnu::noinline]] void operator delete[](void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

namespace weir::fakes {

Shortage::Shortage(std::int64_t n, bool all) {
  failed = 0;
  goes_on_failing = all;
  allocations_left = n;
}

void Shortage::end() {
  goes_on_failing = false;
  allocations_left = INT64_MAX;
}

std::uint64_t Shortage::count() const { return failed; }

void Shortage::exempt_this_thread() { is_exempt = true; }

void Shortage::name_this_thread() {
  is_named = true;
  some_are_named = true;
}

}  // namespace weir::fakes
