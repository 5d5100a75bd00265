// The backends that a test is repeated for.
// Values: any thread.
#pragma once

#include <string>
#include <vector>

#include "core/backend.h"
#include "gtest/gtest.h"
#include "tests/fakes/sanitized.h"

namespace weir::fakes {

// ThreadSanitizer knows nothing of what the kernel sends and receives for io_uring, and takes what
// peer and server tell each other through a socket for unordered: it sees that back end where tests
// share nothing but bytes, in the matrix of echoes.
inline constexpr bool kSeesUring = !kThreadSanitized;

inline std::vector<BackendKind> with_uring(std::vector<BackendKind> backends) {
  if (kSeesUring) backends.push_back(BackendKind::kUring);
  return backends;
}

inline auto every_backend() {
  return testing::ValuesIn(with_uring({BackendKind::kEpoll, BackendKind::kEpollEdge}));
}

// For what takes minutes under a sanitizer; other tests go through the other backends there.
inline auto every_backend_or_one() {
  return testing::ValuesIn(
      kSanitized ? std::vector{BackendKind::kEpollEdge}
                 : std::vector{BackendKind::kEpoll, BackendKind::kEpollEdge, BackendKind::kUring});
}

inline std::string backend_word(BackendKind backend) {
  switch (backend) {
    case BackendKind::kEpoll:
      return "Level";
    case BackendKind::kEpollEdge:
      return "Edge";
    case BackendKind::kUring:
      return "Uring";
    case BackendKind::kAuto:
      return "Auto";
  }
  return "";
}

// Whether it can be refused to watch a descriptor: io_uring is asked with the next wait.
inline bool can_refuse(BackendKind backend) { return backend != BackendKind::kUring; }

// As the name of a test ends.
inline std::string backend_label(const testing::TestParamInfo<BackendKind>& test) {
  return backend_word(test.param);
}

}  // namespace weir::fakes
