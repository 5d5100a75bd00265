#include "tests/fakes/peer.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/check.h"
#include "core/clock.h"

namespace weir::fakes {
namespace {

void set_option(int fd, int level, int name, int value) {
  WEIR_CHECK(::setsockopt(fd, level, name, &value, sizeof value) == 0);
}

void set_nonblocking(int fd) {
  WEIR_CHECK(::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK) == 0);
}

}  // namespace

Peer::Peer(int fd) : fd_(fd) { set_nonblocking(fd); }

Peer::Peer(Peer&& other) noexcept : fd_(std::exchange(other.fd_, -1)), stream_(other.stream_) {}

Peer& Peer::operator=(Peer&& other) noexcept {
  close();
  fd_ = std::exchange(other.fd_, -1);
  stream_ = other.stream_;
  return *this;
}

Peer Peer::connect(const Address& address, int receive_buffer) {
  const int fd = ::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
  WEIR_CHECK(fd >= 0);
  if (receive_buffer > 0) set_option(fd, SOL_SOCKET, SO_RCVBUF, receive_buffer);
  const timeval limit{kDeadlineMs / 1000, 0};
  WEIR_CHECK(::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0);
  if (::connect(fd, address.data(), address.length()) != 0) {
    ::close(fd);
    return Peer();
  }
  if (address.is_ip()) set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  return Peer(fd);
}

// False when the deadline passed first.
bool Peer::wait(short events, std::int64_t deadline_ms, short* happened) {
  for (;;) {
    pollfd entry{fd_, events, 0};
    const std::int64_t left = std::max<std::int64_t>(deadline_ms - monotonic_ms(), 0);
    const int count = ::poll(&entry, 1, static_cast<int>(left));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      stream_ = Stream::kLate;
      return false;
    }
    if (happened != nullptr) *happened = entry.revents;
    return true;
  }
}

std::size_t Peer::send_some(std::string_view bytes) {
  const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent >= 0) return static_cast<std::size_t>(sent);
  if (errno != EAGAIN && errno != EINTR) stream_ = Stream::kBroken;
  return 0;
}

bool Peer::send(std::string_view bytes) {
  const std::int64_t deadline = monotonic_ms() + kDeadlineMs;
  while (!bytes.empty()) {
    if (!wait(POLLOUT, deadline)) return false;
    bytes.remove_prefix(send_some(bytes));
    if (stream_ == Stream::kBroken) return false;
  }
  return true;
}

// Receives what is there, at most up to n bytes in all. False at the end of the stream.
bool Peer::take(std::string& received, std::size_t n) {
  constexpr std::size_t kReadBytes = 64 * 1024;
  const std::size_t before = received.size();
  received.resize(before + std::min(n - before, kReadBytes));
  const ssize_t size = ::recv(fd_, received.data() + before, received.size() - before, 0);
  received.resize(before + static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  if (size > 0 || (size < 0 && (errno == EAGAIN || errno == EINTR))) return true;
  stream_ = size == 0 ? Stream::kEnded : Stream::kBroken;
  return false;
}

std::string Peer::receive(std::size_t n) {
  const std::int64_t deadline = monotonic_ms() + kDeadlineMs;
  std::string received;
  while (received.size() < n) {
    if (!wait(POLLIN, deadline) || !take(received, n)) break;
  }
  return received;
}

std::string Peer::receive_rest() { return receive(std::string().max_size()); }

std::string Peer::converse(std::string_view bytes, std::size_t expected,
                           const std::function<std::size_t()>& next_piece) {
  const std::int64_t deadline = monotonic_ms() + kDeadlineMs;
  std::string received;
  while (received.size() < expected || !bytes.empty()) {
    short happened = 0;
    const short events = static_cast<short>(bytes.empty() ? POLLIN : POLLIN | POLLOUT);
    if (!wait(events, deadline, &happened)) break;
    if ((happened & POLLOUT) != 0 && !bytes.empty()) {
      bytes.remove_prefix(send_some(bytes.substr(0, next_piece())));
    }
    // One more than expected, so that a surplus shows.
    if ((happened & (POLLIN | POLLHUP | POLLERR)) != 0 && !take(received, expected + 1)) break;
  }
  return received;
}

void Peer::end() { ::shutdown(fd_, SHUT_WR); }

void Peer::reset() {
  const linger at_once{1, 0};
  WEIR_CHECK(::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) == 0);
  close();
}

void Peer::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

Line make_unix_line() {
  int ends[2];
  WEIR_CHECK(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
  return {ends[0], Peer(ends[1])};
}

Line make_tcp_line() {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
  auto* any = reinterpret_cast<sockaddr*>(&address);
  socklen_t length = sizeof address;
  WEIR_CHECK(::bind(listener, any, length) == 0 && ::listen(listener, 1) == 0);
  WEIR_CHECK(::getsockname(listener, any, &length) == 0);
  Peer peer = Peer::connect(Address::from_sockaddr(any, length));
  WEIR_CHECK(peer.is_connected());
  const int fd = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  WEIR_CHECK(fd >= 0);
  ::close(listener);
  return {fd, std::move(peer)};
}

}  // namespace weir::fakes
