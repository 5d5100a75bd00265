// The backends that a test is repeated for.
// Values: any thread.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "base/status.h"
#include "core/backend.h"
#include "core/sockets.h"
#include "core/uring_probe.h"
#include "gtest/gtest.h"
#include "tests/fakes/sanitized.h"

namespace weir::fakes {

// Whether this kernel has io_uring, and allows it: a container may not. Where it has none, that is
// said once, and tests go without.
inline bool has_uring() {
  static const bool has = [] {
    const Status status = probe_uring(Sockets::system());
    if (!status.is_ok()) std::printf("without io_uring: %s\n", status.message().c_str());
    return status.is_ok();
  }();
  return has;
}

// ThreadSanitizer knows nothing of what the kernel sends and receives for io_uring, and takes what
// peer and server tell each other through a socket for unordered: it sees that back end where tests
// share nothing but bytes, in the matrix of echoes.
inline bool sees_uring() { return !kThreadSanitized && has_uring(); }

inline std::vector<BackendKind> with_uring(std::vector<BackendKind> backends) {
  if (sees_uring()) backends.push_back(BackendKind::kUring);
  return backends;
}

// For tests of that back end alone, by one thread.
inline auto only_uring() {
  return testing::ValuesIn(has_uring() ? std::vector{BackendKind::kUring}
                                       : std::vector<BackendKind>{});
}

inline auto every_backend() {
  return testing::ValuesIn(with_uring({BackendKind::kEpoll, BackendKind::kEpollEdge}));
}

// For what takes minutes under a sanitizer; other tests go through the other backends there.
inline auto every_backend_or_one() {
  return testing::ValuesIn(kSanitized ? std::vector{BackendKind::kEpollEdge}
                                      : with_uring({BackendKind::kEpoll, BackendKind::kEpollEdge}));
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
