// A datagram session made of functions, for tests that each need another one.
//
// On the peer's reactor, as every session. Without `handle` datagrams are sent back.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <utility>

#include "core/datagram_peer.h"
#include "core/datagram_session.h"

namespace weir::fakes {

struct DatagramHooks {
  std::function<void(DatagramPeer&, std::string_view)> handle = nullptr;
  std::function<void(DatagramPeer&, const Status&)> closed = nullptr;
};

class HookedDatagramSession final : public DatagramSession {
 public:
  explicit HookedDatagramSession(DatagramHooks hooks) : hooks_(std::move(hooks)) {}

  void handle(DatagramPeer& peer, std::string_view datagram) override {
    if (hooks_.handle) return hooks_.handle(peer, datagram);
    peer.write(datagram);
  }
  void closed(DatagramPeer& peer, const Status& reason) override {
    if (hooks_.closed) hooks_.closed(peer, reason);
  }

 private:
  const DatagramHooks hooks_;
};

// A service whose every session has these hooks.
inline DatagramService serve_datagrams(DatagramHooks hooks = {}) {
  return [hooks = std::move(hooks)](DatagramPeer&) {
    return std::make_unique<HookedDatagramSession>(hooks);
  };
}

}  // namespace weir::fakes
