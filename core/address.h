// The address of a socket: IPv4, IPv6 or a unix path, as the kernel takes it.
// Texts: "tcp://127.0.0.1:9000", "tcp://[::1]:9000", "tcp://*:9000" (every IPv4 address),
// "unix:///run/weir.sock" or "unix:/run/weir.sock". Port 0 lets the kernel choose. "udp://" reads
// as "tcp://": the transport is not part of the address.
// A value: any thread. Invariant: length() <= sizeof(sockaddr_storage). Every connection keeps one:
// an IP address takes 40 bytes and no allocation, only a unix path goes to the heap.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"

namespace weir {

// "host:port", taken apart and not resolved.
struct HostPort {
  std::string host;        // without brackets
  uint16_t port = 0;       // in host byte order
  bool bracketed = false;  // as only an IPv6 number is
};

class Address {
 public:
  // No address: family AF_UNSPEC, length 0.
  Address() = default;
  Address(const Address& other) : Address(from_sockaddr(other.data(), other.length_)) {}
  Address(Address&& other) noexcept { swap(other); }
  Address& operator=(Address other) noexcept {
    swap(other);
    return *this;
  }

  // Reads one of the texts above. A host name is resolved and its first address taken, which may
  // block: for start-up only. The error names the text and what is wrong with it.
  static Result<Address> parse(std::string_view text);
  // The two halves of that for TCP, neither of which blocks: takes a text apart, and reads a host
  // that is a number (or *); nullopt for a name.
  static Result<HostPort> split(std::string_view text);
  static std::optional<Address> from_number(const HostPort& host_port);

  // Whether the text is one of a datagram address.
  static bool is_datagram_text(std::string_view text) { return text.starts_with("udp://"); }

  // Copies what accept, getsockname or recvfrom filled in. A length of 0 gives no address; the
  // peer of a unix socket is usually unnamed.
  // REQUIRES: length <= sizeof(sockaddr_storage).
  static Address from_sockaddr(const sockaddr* address, socklen_t length);

  const sockaddr* data() const {
    return reinterpret_cast<const sockaddr*>(long_ != nullptr ? long_.get() : short_);
  }
  socklen_t length() const { return length_; }
  int family() const { return data()->sa_family; }

  bool is_ip() const { return family() == AF_INET || family() == AF_INET6; }
  bool is_unix() const { return family() == AF_UNIX; }
  // True for 127.0.0.0/8, ::1 and unix: the other end is on this machine.
  bool is_loopback() const;

  // In host byte order; 0 where there is none.
  uint16_t port() const;
  // The path of a unix address, empty where unnamed; '@' stands for the zero byte that opens an
  // abstract name.
  std::string unix_path() const;
  // The address alone, without the port, in network byte order: 4 bytes, or 16 of IPv6; an
  // IPv4-mapped IPv6 address counts as IPv4. Empty for unix. A view into *this.
  std::span<const uint8_t> ip_bytes() const;

  // As parse reads it: "tcp://127.0.0.1:9000", "unix:/run/weir.sock"; "none" for no address.
  std::string to_string() const;
  // "127.0.0.1:9000", "[::1]:9000"; "path:0" for unix: the form of Redis' CLIENT LIST.
  std::string to_ip_port() const;

  bool operator==(const Address& other) const;

 private:
  void swap(Address& other) noexcept;

  alignas(sockaddr_in6) std::byte short_[sizeof(sockaddr_in6)] = {};
  socklen_t length_ = 0;
  std::unique_ptr<std::byte[]> long_;  // in short_'s place, for what does not fit it
};

}  // namespace weir
