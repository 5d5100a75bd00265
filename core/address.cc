#include "core/address.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstring>

#include "core/check.h"

namespace weir {
namespace {

constexpr size_t kUnixPathBytes = sizeof(sockaddr_un::sun_path);  // with the closing zero byte
constexpr std::string_view kTcp = "tcp://";
constexpr std::string_view kUdp = "udp://";
static_assert(kUdp.size() == kTcp.size());
constexpr std::string_view kUnix = "unix:";

Status fault(std::string_view text, std::string_view sentence) {
  return Status::error("address '" + std::string(text) + "': " + std::string(sentence));
}

// The two sides of "host:port"; the host's brackets tell IPv6 and are taken off.
struct HostPort {
  std::string host;
  std::string port;
  bool bracketed = false;
};

Result<HostPort> split(std::string_view text, std::string_view authority) {
  const size_t colon = authority.rfind(':');
  const size_t bracket = authority.rfind(']');
  if (colon == authority.npos || (bracket != authority.npos && bracket > colon)) {
    return fault(text, "the port is missing, as in tcp://127.0.0.1:9000");
  }
  std::string_view host = authority.substr(0, colon);
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (host.empty()) return fault(text, "the host is missing; * stands for every IPv4 address");
  if (!bracketed && host.find(':') != host.npos) {
    return fault(text, "an IPv6 host needs brackets, as in tcp://[::1]:9000");
  }
  return HostPort{std::string(host), std::string(authority.substr(colon + 1)), bracketed};
}

bool is_port(std::string_view text) {
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size();
}

Result<Address> parse_ip(std::string_view text) {
  Result<HostPort> parts = split(text, text.substr(kTcp.size()));
  if (!parts.is_ok()) return parts.status();
  if (!is_port(parts->port)) return fault(text, "the port must be a number from 0 to 65535");
  if (parts->host == "*") parts->host = "0.0.0.0";

  addrinfo hints{};
  hints.ai_family = parts->bracketed ? AF_INET6 : AF_UNSPEC;
  hints.ai_flags = AI_NUMERICSERV | (parts->bracketed ? AI_NUMERICHOST : 0);
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(parts->host.c_str(), parts->port.c_str(), &hints, &found);
  if (error != 0) {
    const char* reason = error == EAI_SYSTEM ? std::strerror(errno) : ::gai_strerror(error);
    return fault(text, "cannot resolve host '" + parts->host + "': " + reason);
  }
  Address address = Address::from_sockaddr(found->ai_addr, found->ai_addrlen);
  ::freeaddrinfo(found);
  return address;
}

Result<Address> parse_unix(std::string_view text) {
  std::string_view path = text.substr(kUnix.size());
  if (path.starts_with("//")) path.remove_prefix(2);
  if (path.empty()) return fault(text, "the path is missing, as in unix:///run/weir.sock");
  if (path.find('\0') != path.npos) return fault(text, "the path contains a zero byte");
  if (path.size() >= kUnixPathBytes) {
    return fault(text, "the path has " + std::to_string(path.size()) +
                           " bytes; the kernel takes at most " +
                           std::to_string(kUnixPathBytes - 1));
  }
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::copy(path.begin(), path.end(), address.sun_path);
  const size_t length = offsetof(sockaddr_un, sun_path) + path.size() + 1;
  return Address::from_sockaddr(reinterpret_cast<const sockaddr*>(&address),
                                static_cast<socklen_t>(length));
}

}  // namespace

Result<Address> Address::parse(std::string_view text) {
  if (text.starts_with(kTcp) || text.starts_with(kUdp)) return parse_ip(text);
  if (text.starts_with(kUnix)) return parse_unix(text);
  return fault(text, "expected tcp://host:port or unix:/path");
}

Address Address::from_sockaddr(const sockaddr* address, socklen_t length) {
  WEIR_CHECK(length <= sizeof(sockaddr_storage));
  Address copy;
  if (length != 0) std::memcpy(&copy.storage_, address, length);
  copy.length_ = length;
  return copy;
}

bool Address::is_loopback() const {
  if (is_unix()) return true;
  const std::span<const uint8_t> bytes = ip_bytes();
  if (bytes.size() == 4) return bytes[0] == 127;
  return bytes.size() == 16 && std::equal(bytes.begin(), bytes.end(),
                                          reinterpret_cast<const uint8_t*>(&in6addr_loopback));
}

uint16_t Address::port() const {
  static_assert(offsetof(sockaddr_in, sin_port) == offsetof(sockaddr_in6, sin6_port));
  return is_ip() ? ntohs(reinterpret_cast<const sockaddr_in*>(&storage_)->sin_port) : uint16_t{0};
}

std::string Address::unix_path() const {
  constexpr size_t kStart = offsetof(sockaddr_un, sun_path);
  if (!is_unix() || length_ <= kStart) return {};
  const char* bytes = reinterpret_cast<const sockaddr_un*>(&storage_)->sun_path;
  const size_t size = length_ - kStart;
  if (bytes[0] != '\0') return std::string(bytes, ::strnlen(bytes, size));
  std::string name(bytes, size);
  name[0] = '@';
  return name;
}

std::span<const uint8_t> Address::ip_bytes() const {
  if (family() == AF_INET) {
    const in_addr& ip = reinterpret_cast<const sockaddr_in*>(&storage_)->sin_addr;
    return {reinterpret_cast<const uint8_t*>(&ip), sizeof(ip)};
  }
  if (family() == AF_INET6) {
    const in6_addr& ip = reinterpret_cast<const sockaddr_in6*>(&storage_)->sin6_addr;
    const std::span<const uint8_t> bytes(ip.s6_addr, sizeof(ip));
    return IN6_IS_ADDR_V4MAPPED(&ip) ? bytes.last(4) : bytes;
  }
  return {};
}

std::string Address::to_string() const {
  if (is_ip()) return "tcp://" + to_ip_port();
  if (is_unix()) return "unix:" + unix_path();
  return "none";
}

std::string Address::to_ip_port() const {
  if (is_unix()) return unix_path() + ":0";
  if (!is_ip()) return "none";
  char host[NI_MAXHOST] = "";
  // Numeric: no look-up, only the name of a link-local address' interface.
  ::getnameinfo(data(), length_, host, sizeof(host), nullptr, 0, NI_NUMERICHOST);
  const std::string text = family() == AF_INET6 ? "[" + std::string(host) + "]" : host;
  return text + ":" + std::to_string(port());
}

bool Address::operator==(const Address& other) const {
  return length_ == other.length_ && std::memcmp(&storage_, &other.storage_, length_) == 0;
}

}  // namespace weir
