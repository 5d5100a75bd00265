// The backends that a test is repeated for.
// Values: any thread.
#pragma once

#include <string>

#include "core/backend.h"
#include "gtest/gtest.h"

namespace weir::fakes {

inline auto every_backend() {
  return testing::Values(BackendKind::kEpoll, BackendKind::kEpollEdge);
}

// As the name of a test ends.
inline std::string backend_label(const testing::TestParamInfo<BackendKind>& test) {
  return test.param == BackendKind::kEpoll ? "Level" : "Edge";
}

}  // namespace weir::fakes
