#include "core/dial.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <cerrno>
#include <utility>

namespace weir {

Dial::Progress Dial::start(const Address& to) {
  close();
  error_ = Status::ok();
  fd_ = sockets_.socket(to.family(), SOCK_STREAM);
  if (fd_ < 0) return fail(-fd_, "cannot create a socket");
  if (Status status = set_up(to); !status.is_ok()) {
    error_ = std::move(status);
    close();
    return Progress::kFailed;
  }
  int result = 0;
  do {
    // What a signal interrupted goes on in the kernel; the second call tells how far it is.
    result = sockets_.connect(fd_, to.data(), to.length());
  } while (result == -EINTR);
  if (result >= 0 || result == -EISCONN) return establish();
  if (result == -EINPROGRESS || result == -EALREADY) return Progress::kWaiting;
  if (result == -EAGAIN && to.is_unix()) {
    fail(EAGAIN, "its backlog is full");
    return Progress::kBusy;
  }
  return fail(-result, "connect");
}

Dial::Progress Dial::finish() {
  const int error = sockets_.pending_error(fd_);
  return error != 0 ? fail(error, "connect") : establish();
}

Dial::Progress Dial::establish() {
  sockaddr_storage peer{};
  socklen_t length = sizeof peer;
  int result = sockets_.peer_address(fd_, reinterpret_cast<sockaddr*>(&peer), &length);
  if (result < 0) return fail(-result, "connect");
  peer_ = Address::from_sockaddr(reinterpret_cast<sockaddr*>(&peer), length);
  if (peer_.is_ip()) {
    // The kernel may choose the very port that is dialled, where nobody listens, and TCP connects a
    // socket to itself (RFC 9293, 3.5: simultaneous open). It would keep a listener from binding.
    sockaddr_storage local{};
    length = sizeof local;
    result = sockets_.local_address(fd_, reinterpret_cast<sockaddr*>(&local), &length);
    if (result < 0) return fail(-result, "connect");
    if (Address::from_sockaddr(reinterpret_cast<sockaddr*>(&local), length) == peer_) {
      const linger at_once{1, 0};  // no TIME_WAIT, which would hold the port as well
      sockets_.set_option(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
      return fail(ECONNREFUSED, "connect (the socket met itself: nobody listens there)");
    }
  }
  options_.sockets.apply_to_connection(sockets_, fd_, peer_.family());
  return Progress::kConnected;
}

Status Dial::set_up(const Address& to) {
  int result = 0;
  if (to.is_ip()) {
    result = sockets_.set_option(fd_, IPPROTO_TCP, TCP_NODELAY, 1);
    if (result >= 0 && options_.keepalive_s > 0) {
      result = set_keepalive(sockets_, fd_, options_.keepalive_s);
    }
  }
  if (result < 0) return Status::from_errno(-result, "cannot set the socket's options");
  Status status = options_.sockets.apply_to_connecting(sockets_, fd_, to.family());
  return status.is_ok() ? bind_source(to) : status;
}

Status Dial::bind_source(const Address& to) {
  const Address& source = options_.source;
  if (!to.is_ip() || source.length() == 0) return Status::ok();
  if (source.family() != to.family()) {
    return Status::error("the source " + source.to_string() + " is of another family");
  }
  if (source.port() != 0) {
    // An earlier connection from there may still be waiting for its last packets.
    sockets_.set_option(fd_, SOL_SOCKET, SO_REUSEADDR, 1);
  } else {
    // An old kernel chooses the port at once, which works too until they run out.
    sockets_.set_option(fd_, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
  }
  const int result = sockets_.bind(fd_, source.data(), source.length());
  if (result >= 0) return Status::ok();
  return Status::from_errno(-result, "cannot bind the source " + source.to_string());
}

Dial::Progress Dial::fail(int error, const char* what) {
  error_ = Status::from_errno(error, what);
  close();
  return Progress::kFailed;
}

int Dial::release() { return std::exchange(fd_, -1); }

void Dial::close() {
  if (fd_ >= 0) sockets_.close(fd_);
  fd_ = -1;
}

}  // namespace weir
