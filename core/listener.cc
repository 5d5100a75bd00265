#include "core/listener.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>

#include "core/clock.h"
#include "core/log.h"

namespace weir {
namespace {

// True for the socket of a server that is gone: nobody's file, and nobody answers.
bool is_stale(Sockets& sockets, const Address& address) {
  struct stat found {};
  if (::lstat(address.unix_path().c_str(), &found) != 0 || !S_ISSOCK(found.st_mode)) return false;
  const int fd = sockets.socket(AF_UNIX, SOCK_STREAM);
  if (fd < 0) return false;
  const int connected = sockets.connect(fd, address.data(), address.length());
  sockets.close(fd);
  return connected == -ECONNREFUSED;
}

}  // namespace

Status Listener::open(const Address& address, const Options& options) {
  socket_.own(sockets_.socket(address.family(), SOCK_STREAM));
  if (!socket_.is_open()) {
    return Status::from_errno(-socket_.fd(), "cannot create a socket for " + address.to_string());
  }
  Status status = configure(options, address.is_ip());
  if (status.is_ok() && address.family() == AF_INET6) {
    // An IPv4 listener on the same port stands beside this one.
    sockets_.set_option(socket_.fd(), IPPROTO_IPV6, IPV6_V6ONLY, 1);
  }
  if (status.is_ok()) {
    status = options.sockets.apply_to_listener(sockets_, socket_.fd(), address.family());
  }
  if (status.is_ok()) status = bind_and_listen(address, options);
  if (!status.is_ok()) {
    close();
    return status;
  }
  settle(options);
  return Status::ok();
}

void Listener::settle(const Options& options) {
  sockaddr_storage bound{};
  socklen_t length = sizeof bound;
  sockets_.local_address(socket_.fd(), reinterpret_cast<sockaddr*>(&bound), &length);
  address_ = Address::from_sockaddr(reinterpret_cast<sockaddr*>(&bound), length);
  socket_options_ = options.sockets;
  reserve_.open();
}

// Again with today's options: a successor may have others.
Status Listener::inherit(int fd, const Options& options) {
  socket_.own(fd);
  settle(options);
  Status status = configure(options, address_.is_ip());
  if (status.is_ok()) {
    status = options.sockets.apply_to_listener(sockets_, socket_.fd(), address_.family());
  }
  const int result = status.is_ok() ? sockets_.listen(socket_.fd(), options.backlog) : 0;
  if (result < 0) {
    status = Status::from_errno(-result, "cannot listen on " + address_.to_string());
  }
  if (!status.is_ok()) close();
  return status;
}

Status Listener::share(const Listener& other) {
  socket_.own(other.duplicate());
  if (!socket_.is_open()) {
    return Status::from_errno(-socket_.fd(),
                              "cannot duplicate the socket of " + other.address_.to_string());
  }
  address_ = other.address_;
  shared_ = true;
  socket_options_ = other.socket_options_;
  reserve_.open();
  return Status::ok();
}

Status Listener::configure(const Options& options, bool is_ip) {
  int result = sockets_.set_option(socket_.fd(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (result >= 0 && options.reuse_port) {
    result = sockets_.set_option(socket_.fd(), SOL_SOCKET, SO_REUSEPORT, 1);
  }
  if (result >= 0 && is_ip) result = sockets_.set_option(socket_.fd(), IPPROTO_TCP, TCP_NODELAY, 1);
  if (result >= 0 && is_ip && options.keepalive_s > 0) {
    result = set_keepalive(sockets_, socket_.fd(), options.keepalive_s);
  }
  return result >= 0 ? Status::ok()
                     : Status::from_errno(-result, "cannot set a listening socket's options");
}

Status Listener::bind_and_listen(const Address& address, const Options& options) {
  int result = sockets_.bind(socket_.fd(), address.data(), address.length());
  if (result == -EADDRINUSE && address.is_unix() && is_stale(sockets_, address)) {
    ::unlink(address.unix_path().c_str());
    result = sockets_.bind(socket_.fd(), address.data(), address.length());
  }
  if (result < 0) return Status::from_errno(-result, "cannot bind " + address.to_string());
  owns_path_ = address.is_unix();
  address_ = address;
  result = sockets_.listen(socket_.fd(), options.backlog);
  if (result < 0) return Status::from_errno(-result, "cannot listen on " + address.to_string());
  return Status::ok();
}

void Listener::close() {
  if (owns_path_) ::unlink(address_.unix_path().c_str());
  owns_path_ = false;
  socket_.close();
  reserve_.close();
}

Listener::Outcome Listener::accept_ready(const OnAccepted& on_accepted) {
  const auto accept = [this](sockaddr* peer, socklen_t* length) {
    return sockets_.accept(socket_.fd(), peer, length);
  };
  return accept_ready(accept, on_accepted);
}

Listener::Outcome Listener::accept_ready(const Accept& accept, const OnAccepted& on_accepted) {
  for (int i = 0; i < kAcceptsPerTick; ++i) {
    sockaddr_storage peer{};
    socklen_t length = sizeof peer;
    const int fd = accept(reinterpret_cast<sockaddr*>(&peer), &length);
    if (fd >= 0 && Reserve::any_missing() && !Reserve::restore_all()) {
      // The last there was: a reserve's.
      sockets_.close(fd);
      Reserve::restore_all();
      count_refusal();
    } else if (fd >= 0) {
      prepare(fd);
      if (!give_away(fd, peer, length, on_accepted)) return Outcome::kPause;
    } else if (fd == -EAGAIN) {
      return Outcome::kDone;
    } else if (fd == -EMFILE || fd == -ENFILE) {
      const int refused = reserve_.refuse(socket_.fd());
      if (refused >= 0) count_refusal();
      if (refused == -EAGAIN) return Outcome::kDone;
      if (refused < 0) return Outcome::kPause;
    } else if (fd == -ENOBUFS || fd == -ENOMEM) {
      return Outcome::kPause;
    }
    // Everything else (ECONNABORTED, EINTR, a network error of that one peer) concerns only the
    // connection that was being accepted.
  }
  return Outcome::kMore;
}

// False where there is no memory for it, as if the kernel had had none.
bool Listener::give_away(int accepted, const sockaddr_storage& peer, socklen_t length,
                         const OnAccepted& on_accepted) {
  try {
    on_accepted(accepted, Address::from_sockaddr(reinterpret_cast<const sockaddr*>(&peer), length));
    return true;
  } catch (const std::bad_alloc&) {
    sockets_.close(accepted);
    return false;
  }
}

// Sets what a connection does not inherit from the listening socket.
void Listener::prepare(int accepted) const {
  socket_options_.apply_to_connection(sockets_, accepted, address_.family());
}

// Once a second at most: a storm of refusals must not become a storm of log lines.
void Listener::count_refusal() {
  ++refused_;
  const std::int64_t now = monotonic_ms();
  if (now - last_log_ms_ < 1000) return;
  last_log_ms_ = now;
  WEIR_LOG(kWarning, "out of file descriptors: %llu connections refused on %s (raise ulimit -n)",
           static_cast<unsigned long long>(refused_), address_.to_string().c_str());
}

}  // namespace weir
