// The hash of an address with its port, for tables that peers fill: XXH3 under a secret drawn at
// this process' first call, so that nobody can choose sources that all fall into one bucket.
// Any thread.
#pragma once

#include <cstddef>

#include "core/address.h"

namespace weir {

std::size_t address_hash(const Address& address);

}  // namespace weir
