// What a client may send, and how long it may take.
#pragma once

#include <algorithm>
#include <cstdint>

#include "codec/http_head.h"
#include "core/flags.h"

namespace weir::http {

struct Limits {
  codec::HttpLimits head;
  std::uint64_t max_body = 1024 * 1024;  // bytes, unless a route says else
  std::int64_t head_ms = 10'000;  // from its first byte, or the connection's start, to its last
  std::int64_t next_ms = 75'000;  // until the next request begins
  std::int64_t body_ms = 20'000;  // and again for each such span with body_rate bytes a second
  std::uint64_t body_rate = 500;
  std::int64_t write_ms = 30'000;  // without a KiB taken of output that waits

  std::uint64_t body_bytes() const {  // of a span
    return body_rate * static_cast<std::uint64_t>(body_ms) / 1000;
  }
  std::int64_t shortest_ms() const { return std::min({head_ms, next_ms, body_ms, write_ms}); }

  void add_flags(FlagSet& flags);
};

}  // namespace weir::http
