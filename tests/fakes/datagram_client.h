// A client for datagrams: a UDP socket that is connected to a server's address, and so takes
// nothing from any other.
//
// One thread at a time. Nothing here sleeps: every wait is a poll() on the socket.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "core/address.h"
#include "tests/fakes/peer.h"

namespace weir::fakes {

class DatagramClient {
 public:
  explicit DatagramClient(const Address& server);
  DatagramClient(DatagramClient&& other) noexcept;
  DatagramClient& operator=(DatagramClient&&) = delete;
  ~DatagramClient();

  int fd() const { return fd_; }
  // Its own.
  Address address() const;

  void send(std::string_view datagram) const;
  // The next datagram; nothing when none comes in time.
  std::optional<std::string> receive(int deadline_ms = Peer::kDeadlineMs) const;
  std::optional<std::string> ask(std::string_view datagram) const;

 private:
  int fd_;
};

// The i-th of distinct datagrams of this size, which tell themselves apart by their first bytes.
std::string numbered_datagram(std::size_t i, std::size_t size);

}  // namespace weir::fakes
