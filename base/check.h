// CHECK: the end of the process for what can only be a bug in this program, with its place in the
// source. What a peer, a user or the machine can cause is a Status instead.
// Any thread. WEIR_DCHECK is compiled away in optimized builds: thread rules and loop invariants.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace weir {

[[noreturn]] inline void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: CHECK failed: %s\n", file, line, condition);
  std::abort();
}

}  // namespace weir

#define WEIR_CHECK(condition)                                                               \
  (__builtin_expect(!(condition), 0) ? ::weir::check_failed(#condition, __FILE__, __LINE__) \
                                     : void())

#ifdef NDEBUG
#define WEIR_DCHECK(condition) void(sizeof(!(condition)))
#else
#define WEIR_DCHECK(condition) WEIR_CHECK(condition)
#endif
