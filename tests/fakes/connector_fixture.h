// A connector on a reactor of its own, between a name server and a kernel that fail as a test
// wants.
//
// The test's thread calls everything, but begin(), which is for tasks inside run().
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/backend.h"
#include "core/connector.h"
#include "core/session.h"
#include "gtest/gtest.h"
#include "tests/fakes/connect_outcome.h"
#include "tests/fakes/faulty_sockets.h"
#include "tests/fakes/hooked_session.h"
#include "tests/fakes/name_server.h"
#include "tests/fakes/peer_listener.h"
#include "tests/fakes/reactor_thread.h"

namespace weir::fakes {

class ConnectorFixture : public testing::TestWithParam<BackendKind> {
 protected:
  ConnectorFixture();
  ~ConnectorFixture() override;

  // Returns when the reactor has stopped and is gone.
  void stop();

  Reactor& reactor() { return thread_->reactor(); }

  ConnectId begin(const std::string& to, ConnectOutcome& outcome, Connector::Options options = {},
                  Service service = serve_echo());
  ConnectId connect(const std::string& to, ConnectOutcome& outcome, Connector::Options options = {},
                    Service service = serve_echo());
  ConnectId connect(const PeerListener& to, ConnectOutcome& outcome,
                    Connector::Options options = {});
  bool cancel(ConnectId id);

  // Returns once so many calls have been made since the start.
  void await_calls(Call call, std::uint64_t calls);
  // Returns once every connection is gone.
  void await_no_connections();

  NameServer names_;
  FaultySockets sockets_;
  std::optional<ReactorThread> thread_;
  std::optional<Connector> connector_;
};

}  // namespace weir::fakes
