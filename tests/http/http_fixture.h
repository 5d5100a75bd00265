// An HTTP server that runs in a thread of its own, under each threading model that threads have.
//
// The test's thread calls everything.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "core/engine.h"
#include "core/options.h"
#include "gtest/gtest.h"
#include "servers/http/server.h"
#include "tests/fakes/peer.h"
#include "tests/fakes/place.h"

namespace weir::http {

class RunningServer {
 public:
  RunningServer(const Options& options, const Limits& limits,
                const std::function<void(Server&)>& add_routes);
  ~RunningServer() { stop(); }

  fakes::Peer connect(int receive_buffer = 0) {
    return fakes::Peer::connect(address_, receive_buffer);
  }
  // All that comes back for `bytes`, sent in pieces of that size, until the server closes; this
  // side says that it has no more.
  std::string exchange(std::string_view bytes, std::size_t piece = 65536);
  const Address& address() const { return address_; }
  Server& server() { return server_; }
  Engine& engine() { return engine_; }
  void stop();

 private:
  Engine engine_;
  Server server_;
  Address address_;
  std::thread thread_;
};

class HttpTest : public testing::TestWithParam<fakes::Place> {
 protected:
  void start(const std::function<void(Server&)>& add_routes, const Limits& limits = {});
  std::string exchange(std::string_view bytes, std::size_t piece = 65536) {
    return running_->exchange(bytes, piece);
  }
  fakes::Peer connect(int receive_buffer = 0) { return running_->connect(receive_buffer); }

  std::unique_ptr<RunningServer> running_;
};

// One response off `peer`: the head, and as much body as its Content-Length says.
struct Reply {
  int status = 0;  // 0: there was none
  std::string head;
  std::string body;
};
Reply receive_reply(fakes::Peer& peer, bool head_only = false);

}  // namespace weir::http
