// Where a server of a test runs its five steps, and how it hears of its sockets.
// Values: any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/options.h"
#include "core/threading_model.h"
#include "gtest/gtest.h"
#include "tests/fakes/backends.h"

namespace weir::fakes {

struct Place {
  ThreadingModel model = ThreadingModel::kSingle;
  BackendKind backend = BackendKind::kEpoll;

  void set(Options& options) const {
    options.model = model;
    options.backend = backend;
    options.threads = model == ThreadingModel::kSingle ? 1 : 2;
  }
};

// Every model that threads have, and io_uring under those that it is another thing under.
inline auto every_place() {
  std::vector<Place> places = {{ThreadingModel::kSingle},
                               {ThreadingModel::kHandoff},
                               {ThreadingModel::kReuseport},
                               {ThreadingModel::kExclusive},
                               {ThreadingModel::kIoThreads}};
  if (sees_uring()) {
    for (const ThreadingModel model :
         {ThreadingModel::kSingle, ThreadingModel::kHandoff, ThreadingModel::kIoThreads}) {
      places.push_back({model, BackendKind::kUring});
    }
  }
  return testing::ValuesIn(places);
}

// As the name of a test ends.
inline std::string place_label(const testing::TestParamInfo<Place>& test) {
  const bool uring = test.param.backend == BackendKind::kUring;
  return std::string(threading_model_name(test.param.model)) + (uring ? "_uring" : "");
}

}  // namespace weir::fakes
