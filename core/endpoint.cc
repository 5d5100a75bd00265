#include "core/endpoint.h"

#include <optional>

namespace weir {
namespace {

constexpr std::size_t kMaxName = 253;  // RFC 1035, 2.3.4, as text

Status fault(std::string_view text, std::string_view sentence) {
  return Status::error("address '" + std::string(text) + "': " + std::string(sentence));
}

}  // namespace

std::string Endpoint::to_string() const {
  return is_name() ? "tcp://" + name.host + ":" + std::to_string(name.port) : address.to_string();
}

Result<Endpoint> Endpoint::parse(std::string_view text) {
  if (!text.starts_with("tcp://")) {
    if (!text.starts_with("unix:")) return fault(text, "expected tcp://host:port or unix:/path");
    const Result<Address> address = Address::parse(text);  // a path: nothing to resolve
    if (!address.is_ok()) return address.status();
    return Endpoint{address.value(), {}};
  }
  const Result<HostPort> parts = Address::split(text);
  if (!parts.is_ok()) return parts.status();
  const HostPort& name = parts.value();
  if (name.port == 0) return fault(text, "nobody can be reached at port 0");
  if (const std::optional<Address> address = Address::from_number(name)) {
    return Endpoint{*address, {}};
  }
  if (name.bracketed) return fault(text, "'" + name.host + "' is no IPv6 address");
  if (name.host.size() > kMaxName || name.host.find('\0') != name.host.npos) {
    return fault(text, "this is no host name");
  }
  return Endpoint{{}, name};
}

}  // namespace weir
