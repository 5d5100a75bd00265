// Where a client connects to: an address, or a name that is still to be resolved, with its port.
// Read without resolving anything, so any thread may: Address::parse would block.
// A value.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "core/address.h"

namespace weir {

struct Endpoint {
  Address address;  // none while the host is a name
  HostPort name;    // what to resolve then

  bool is_name() const { return address.length() == 0; }
  // As parse() reads it.
  std::string to_string() const;

  // "tcp://127.0.0.1:9000", "tcp://[::1]:9000", "tcp://name:9000", "unix:/path". The error names
  // the text and what is wrong with it.
  static Result<Endpoint> parse(std::string_view text);
};

}  // namespace weir
