// A descriptor that a reactor watches for an owner who reads and writes it himself: a listening
// socket, a waker, a datagram socket, a socket that is being connected.
//
// Made by Reactor::add_source(), lives until Reactor::remove_source(), also in its own on_ready.
// Owner's thread only. Level-triggered under every back end: what on_ready leaves is announced
// again.
#pragma once

#include <cstddef>
#include <functional>

#include "core/backend.h"

namespace weir {

struct Source {
  // `ready` says what can be done without waiting; after an error or a hang-up both, so that the
  // owner's next call meets it.
  using OnReady = std::function<void(Interest ready)>;

  Channel channel;
  OnReady on_ready;
  std::size_t index = 0;  // of its place in the reactor's list
};

}  // namespace weir
