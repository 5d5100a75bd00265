// One listening socket, TCP or unix, and what to do when accepting fails.
//
// Out of descriptors (EMFILE, ENFILE): a reserve descriptor is given up so that the connection can
// be accepted and closed, which the peer sees at once, instead of a backlog that stays readable
// and spins the reactor. Without a reserve, or out of memory (ENOBUFS, ENOMEM, std::bad_alloc), the
// listener pauses for kPauseMs; a reserve that was taken comes back with the next accept of
// anybody.
//
// open(), share(), inherit() and close() before and after its reactor runs, the rest on the
// reactor's thread, but for what says otherwise.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>

#include "base/status.h"
#include "core/address.h"
#include "core/descriptor.h"
#include "core/reserve.h"
#include "core/session.h"
#include "core/socket_options.h"
#include "core/sockets.h"

namespace weir {

class Listener {
 public:
  // At most so many accepts a call, so that a storm of connections does not starve the others. (Not
  // where the kernel accepts ahead: what it has accepted is told of one by one.)
  static constexpr int kAcceptsPerTick = 64;
  static constexpr int kPauseMs = 100;

  struct Options {
    int backlog = 511;
    bool reuse_port = false;
    int keepalive_s = 0;  // 0: off
    SocketOptions sockets = {};
  };

  enum class Outcome {
    kDone,   // nobody waits any more
    kMore,   // others may wait: kAcceptsPerTick have been taken
    kPause,  // nothing can be accepted now: do not watch for kPauseMs
  };
  // Gets each accepted descriptor, and owns it unless it throws std::bad_alloc.
  using OnAccepted = std::function<void(int fd, const Address& peer)>;

  // `service` is given on to every connection; it and `sockets` outlive the listener.
  Listener(Sockets& sockets, const Service& service)
      : sockets_(sockets), service_(service), socket_(sockets), reserve_(sockets) {}
  ~Listener() { close(); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // Binds and listens; accepted sockets inherit TCP_NODELAY and the keepalive from this one. A unix
  // path that no server answers on any more is taken over.
  Status open(const Address& address, const Options& options);
  // A second listener on the socket of `other`, which is open, for another reactor. `other` keeps
  // the unix path, whose socket lives until all its listeners are closed.
  Status share(const Listener& other);
  bool is_shared() const { return shared_; }
  // `fd` listens already: a predecessor opened it. It becomes this listener's; the path of a unix
  // socket does not, until own_path().
  Status inherit(int fd, const Options& options);
  // Other listeners have come to watch this socket.
  void set_shared() { shared_ = true; }
  // Whether close() removes the path of a unix socket: not where another process serves on. Any
  // thread.
  void own_path(bool owns) { owns_path_ = owns && address_.is_unix(); }
  // Also removes the unix path.
  void close();

  // What the socket is bound to: with the port that the kernel chose.
  const Address& address() const { return address_; }
  const Service& service() const { return service_; }
  int fd() const { return socket_.fd(); }
  // A second descriptor of the socket, the caller's; -EBADF when it is closed. Any thread.
  int duplicate() const { return socket_.duplicate(); }

  // Accepts what is waiting.
  Outcome accept_ready(const OnAccepted& on_accepted);
  // The same, by calls of `accept` in accept(2)'s place.
  using Accept = std::function<int(sockaddr* peer, socklen_t* length)>;
  Outcome accept_ready(const Accept& accept, const OnAccepted& on_accepted);

  std::uint64_t refused() const { return refused_; }

 private:
  Status configure(const Options& options, bool is_ip);
  void prepare(int accepted) const;
  Status bind_and_listen(const Address& address, const Options& options);
  void settle(const Options& options);
  bool give_away(int accepted, const sockaddr_storage& peer, socklen_t length,
                 const OnAccepted& on_accepted);
  void count_refusal();

  Sockets& sockets_;
  const Service& service_;
  Descriptor socket_;
  Address address_;
  // Atomic: the engine gives and takes it while reactors run.
  std::atomic<bool> owns_path_{false};
  bool shared_ = false;
  SocketOptions socket_options_;
  Reserve reserve_;
  std::uint64_t refused_ = 0;  // accepted only to be closed, for want of descriptors
  std::int64_t last_log_ms_ = -1000;
};

}  // namespace weir
