#include "core/address.h"

#include <netdb.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <utility>

#include "base/check.h"

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

std::optional<uint16_t> parse_port(std::string_view text) {
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

// 0, or a getaddrinfo error.
int look_up(const HostPort& host_port, int flags, Address& address) {
  addrinfo hints{};
  hints.ai_family = host_port.bracketed ? AF_INET6 : AF_UNSPEC;
  hints.ai_flags = AI_NUMERICSERV | flags;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const char* host = host_port.host == "*" ? "0.0.0.0" : host_port.host.c_str();
  const int error = ::getaddrinfo(host, std::to_string(host_port.port).c_str(), &hints, &found);
  if (error != 0) return error;
  address = Address::from_sockaddr(found->ai_addr, found->ai_addrlen);
  ::freeaddrinfo(found);
  return 0;
}

// Behind "tcp://" or "udp://".
Result<HostPort> split_authority(std::string_view text) {
  const std::string_view authority = text.substr(kTcp.size());
  const size_t colon = authority.rfind(':');
  const size_t bracket = authority.rfind(']');
  if (colon == authority.npos || (bracket != authority.npos && bracket > colon)) {
    return fault(text, "the port is missing, as in tcp://127.0.0.1:9000");
  }
  std::string_view host = authority.substr(0, colon);
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (host.find('\0') != host.npos) return fault(text, "the host contains a zero byte");
  if (host.empty()) return fault(text, "the host is missing; * stands for every IPv4 address");
  if (!bracketed && host.find(':') != host.npos) {
    return fault(text, "an IPv6 host needs brackets, as in tcp://[::1]:9000");
  }
  const std::optional<uint16_t> port = parse_port(authority.substr(colon + 1));
  if (!port) return fault(text, "the port must be a number from 0 to 65535");
  return HostPort{std::string(host), *port, bracketed};
}

Result<Address> parse_ip(std::string_view text) {
  const Result<HostPort> parts = split_authority(text);
  if (!parts.is_ok()) return parts.status();
  Address address;
  const int flags = parts.value().bracketed ? AI_NUMERICHOST : 0;
  const int error = look_up(parts.value(), flags, address);
  if (error == 0) return address;
  const char* reason = error == EAI_SYSTEM ? std::strerror(errno) : ::gai_strerror(error);
  return fault(text, "cannot resolve host '" + parts.value().host + "': " + reason);
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

Result<HostPort> Address::split(std::string_view text) {
  if (!text.starts_with(kTcp)) return fault(text, "expected tcp://host:port");
  return split_authority(text);
}

std::optional<Address> Address::from_number(const HostPort& host_port) {
  Address address;
  if (look_up(host_port, AI_NUMERICHOST, address) != 0) return std::nullopt;
  return address;
}

Result<Address> Address::parse(std::string_view text) {
  if (text.starts_with(kTcp) || text.starts_with(kUdp)) return parse_ip(text);
  if (text.starts_with(kUnix)) return parse_unix(text);
  return fault(text, "expected tcp://host:port or unix:/path");
}

Address Address::from_sockaddr(const sockaddr* address, socklen_t length) {
  WEIR_CHECK(length <= sizeof(sockaddr_storage));
  Address copy;
  if (length > sizeof copy.short_) copy.long_ = std::make_unique<std::byte[]>(length);
  if (length != 0) std::memcpy(copy.long_ ? copy.long_.get() : copy.short_, address, length);
  copy.length_ = length;
  return copy;
}

void Address::swap(Address& other) noexcept {
  std::swap(short_, other.short_);
  std::swap(length_, other.length_);
  std::swap(long_, other.long_);
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
  return is_ip() ? ntohs(reinterpret_cast<const sockaddr_in*>(data())->sin_port) : uint16_t{0};
}

std::string Address::unix_path() const {
  constexpr size_t kStart = offsetof(sockaddr_un, sun_path);
  if (!is_unix() || length_ <= kStart) return {};
  const char* bytes = reinterpret_cast<const sockaddr_un*>(data())->sun_path;
  const size_t size = length_ - kStart;
  if (bytes[0] != '\0') return std::string(bytes, ::strnlen(bytes, size));
  std::string name(bytes, size);
  name[0] = '@';
  return name;
}

std::span<const uint8_t> Address::ip_bytes() const {
  if (family() == AF_INET) {
    const in_addr& ip = reinterpret_cast<const sockaddr_in*>(data())->sin_addr;
    return {reinterpret_cast<const uint8_t*>(&ip), sizeof(ip)};
  }
  if (family() == AF_INET6) {
    const in6_addr& ip = reinterpret_cast<const sockaddr_in6*>(data())->sin6_addr;
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
  return length_ == other.length_ && std::memcmp(data(), other.data(), length_) == 0;
}

}  // namespace weir
