#include "tests/fakes/peer_listener.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"

namespace weir::fakes {

PeerListener::PeerListener(std::string_view address, bool listening) {
  std::string text(address);
  if (text == "unix:") {
    directory_ = "/tmp/weir-XXXXXX";
    WEIR_CHECK(::mkdtemp(directory_.data()) != nullptr);
    text += directory_ + "/s";
  }
  const Result<Address> parsed = Address::parse(text);
  WEIR_CHECK(parsed.is_ok());
  address_ = parsed.value();
  fd_ = ::socket(address_.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
  WEIR_CHECK(fd_ >= 0);
  WEIR_CHECK(::bind(fd_, address_.data(), address_.length()) == 0);
  sockaddr_storage bound{};
  socklen_t length = sizeof bound;
  auto* any = reinterpret_cast<sockaddr*>(&bound);
  WEIR_CHECK(::getsockname(fd_, any, &length) == 0);
  address_ = Address::from_sockaddr(any, length);
  if (listening) listen();
}

void PeerListener::listen(int backlog) { WEIR_CHECK(::listen(fd_, backlog) == 0); }

void PeerListener::fill_up() {
  listen(0);
  last_place_ = Peer::connect(address_);
  WEIR_CHECK(last_place_.is_connected());
}

void PeerListener::make_room() {
  listen();
  last_place_ = Peer();
}

Peer PeerListener::accept() {
  pollfd entry{fd_, POLLIN, 0};
  if (::poll(&entry, 1, Peer::kDeadlineMs) != 1) return Peer();
  const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
  return fd >= 0 ? Peer(fd) : Peer();
}

void PeerListener::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
  if (directory_.empty()) return;
  ::unlink(address_.unix_path().c_str());
  ::rmdir(directory_.c_str());
}

}  // namespace weir::fakes
