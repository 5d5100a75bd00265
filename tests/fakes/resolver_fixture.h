// A resolver on a reactor of its own, and what its queries come to.
//
// The test's thread calls everything, but ask(), which is for tasks inside run().
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "core/address.h"
#include "core/backend.h"
#include "core/resolver.h"
#include "gtest/gtest.h"
#include "tests/fakes/faulty_sockets.h"
#include "tests/fakes/name_server.h"
#include "tests/fakes/reactor_thread.h"

namespace weir::fakes {

using Texts = std::vector<std::string>;

// For those that must not be told.
inline void never_told(const Result<std::vector<Address>>&) {
  ADD_FAILURE() << "told of what was cancelled";
}

class ResolverFixture : public testing::TestWithParam<BackendKind> {
 protected:
  ~ResolverFixture() override;

  // Asks the fake name server unless others are given; without options as patient as a test.
  void open(Resolver::Options options);
  void open();

  Resolver::QueryId ask(const std::string& host, Resolver::Done done);
  // What a query ends with: its addresses as texts, or what went wrong alone.
  Texts resolve(const std::string& host);

  NameServer server_;
  FaultySockets sockets_;
  ReactorThread thread_{GetParam(), sockets_};
  std::unique_ptr<Resolver> resolver_;
};

}  // namespace weir::fakes
