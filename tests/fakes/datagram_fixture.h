// A datagram endpoint on a reactor of its own, over a kernel that fails as a test wants.
//
// The test's thread calls everything.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "core/backend.h"
#include "core/datagram_arena.h"
#include "core/datagram_counters.h"
#include "core/datagram_endpoint.h"
#include "core/datagram_options.h"
#include "core/datagram_session.h"
#include "gtest/gtest.h"
#include "tests/fakes/datagram_client.h"
#include "tests/fakes/faulty_sockets.h"
#include "tests/fakes/reactor_thread.h"

namespace weir::fakes {

class DatagramFixture : public testing::TestWithParam<BackendKind> {
 protected:
  DatagramFixture();
  ~DatagramFixture() override;

  // Stops the reactor before what its sessions refer to is gone.
  struct Running {
    ~Running() { thread.stop(1000); }
    ReactorThread& thread;
  };

  // On any port of 127.0.0.1. To be kept, behind whatever the receiver refers to.
  [[nodiscard]] Running serve(DatagramReceiver receiver, const DatagramOptions& options = {});
  DatagramClient client() { return DatagramClient(endpoint_->address()); }
  std::size_t sessions();
  // What is sent meanwhile arrives in one batch.
  void while_reactor_waits(const std::function<void()>& task);
  const DatagramCounters& counters() { return endpoint_->counters(); }

  FaultySockets sockets_;
  DatagramArena arena_;
  DatagramReceiver receiver_;
  std::unique_ptr<DatagramEndpoint> endpoint_;
  ReactorThread thread_{GetParam(), sockets_};
};

}  // namespace weir::fakes
