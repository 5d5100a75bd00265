// One socket on its way to be connected, without blocking: made, set up, bound, connected, and
// what came of it.
//
//   start() --> kConnected                      release() the descriptor
//      |------> kWaiting --writable--> finish() --> kConnected or kFailed
//      |------> kBusy    a unix listener's backlog is full: start() again later
//      +------> kFailed  error() says why
//
// Owns the descriptor until release(); one thread at a time.
#pragma once

#include "base/status.h"
#include "core/address.h"
#include "core/socket_options.h"
#include "core/sockets.h"

namespace weir {

class Dial {
 public:
  // Of a TCP socket, which has TCP_NODELAY besides; of a unix one `sockets` alone.
  struct Options {
    // Where to connect from, none for the kernel's choice. With port 0 the port is chosen when the
    // peer is known (IP_BIND_ADDRESS_NO_PORT): two connects to different peers may share one.
    Address source = {};
    int keepalive_s = 300;  // idle seconds before the peer is probed; 0: never
    SocketOptions sockets = {};
  };
  enum class Progress { kConnected, kWaiting, kBusy, kFailed };

  // Both outlive the dial.
  Dial(Sockets& sockets, const Options& options) : sockets_(sockets), options_(options) {}
  ~Dial() { close(); }
  Dial(const Dial&) = delete;
  Dial& operator=(const Dial&) = delete;

  // Begins anew if it was begun before.
  Progress start(const Address& to);
  // REQUIRES: kWaiting, and the descriptor has become writable or has failed.
  Progress finish();

  int fd() const { return fd_; }
  // The connected descriptor is the caller's from here on.
  int release();
  // Whom it has reached. REQUIRES: kConnected.
  const Address& peer() const { return peer_; }
  // After kFailed and kBusy; else success.
  const Status& error() const { return error_; }

 private:
  Progress establish();
  Status set_up(const Address& to);
  Status bind_source(const Address& to);
  Progress fail(int error, const char* what);
  void close();

  Sockets& sockets_;
  const Options& options_;
  int fd_ = -1;
  Address peer_;
  Status error_;
};

}  // namespace weir
