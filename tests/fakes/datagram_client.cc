#include "tests/fakes/datagram_client.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/check.h"
#include "core/clock.h"

namespace weir::fakes {

DatagramClient::DatagramClient(const Address& server)
    : fd_(::socket(server.family(), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
  WEIR_CHECK(fd_ >= 0 && ::connect(fd_, server.data(), server.length()) == 0);
}

DatagramClient::DatagramClient(DatagramClient&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)) {}

DatagramClient::~DatagramClient() {
  if (fd_ >= 0) ::close(fd_);
}

Address DatagramClient::address() const {
  sockaddr_storage own{};
  socklen_t length = sizeof own;
  WEIR_CHECK(::getsockname(fd_, reinterpret_cast<sockaddr*>(&own), &length) == 0);
  return Address::from_sockaddr(reinterpret_cast<sockaddr*>(&own), length);
}

void DatagramClient::send(std::string_view datagram) const {
  const ssize_t sent = ::send(fd_, datagram.data(), datagram.size(), MSG_NOSIGNAL);
  // Refused: a server that is gone has answered an earlier one.
  WEIR_CHECK(sent == static_cast<ssize_t>(datagram.size()) || errno == ECONNREFUSED);
}

std::optional<std::string> DatagramClient::receive(int deadline_ms) const {
  const std::int64_t deadline = monotonic_ms() + deadline_ms;
  for (;;) {
    std::string datagram(65'536, '\0');
    const ssize_t size = ::recv(fd_, datagram.data(), datagram.size(), 0);
    if (size >= 0) {
      datagram.resize(static_cast<std::size_t>(size));
      return datagram;
    }
    const std::int64_t left = deadline - monotonic_ms();
    if (left <= 0) return std::nullopt;
    pollfd entry{fd_, POLLIN, 0};
    ::poll(&entry, 1, static_cast<int>(left));
  }
}

std::optional<std::string> DatagramClient::ask(std::string_view datagram) const {
  send(datagram);
  return receive();
}

std::string numbered_datagram(std::size_t i, std::size_t size) {
  std::string datagram = std::to_string(i) + ":";
  datagram.resize(size, static_cast<char>('a' + i % 26));
  return datagram;
}

}  // namespace weir::fakes
