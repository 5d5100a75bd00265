// The backends that a test is repeated for.
// Values: any thread.
#pragma once

#include <string>
#include <vector>

#include "core/backend.h"
#include "gtest/gtest.h"
#include "tests/fakes/sanitized.h"

namespace weir::fakes {

inline auto every_backend() {
  return testing::Values(BackendKind::kEpoll, BackendKind::kEpollEdge);
}

// For what takes minutes under a sanitizer; other tests go through the other backend there.
inline auto every_backend_or_one() {
  return testing::ValuesIn(kSanitized ? std::vector{BackendKind::kEpollEdge}
                                      : std::vector{BackendKind::kEpoll, BackendKind::kEpollEdge});
}

// As the name of a test ends.
inline std::string backend_label(const testing::TestParamInfo<BackendKind>& test) {
  return test.param == BackendKind::kEpoll ? "Level" : "Edge";
}

}  // namespace weir::fakes
