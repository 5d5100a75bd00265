// What a client's request may ask of the decoder, with the defaults of Redis 7.0. A decoder copies
// its limits: plain values, any thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

namespace weir::codec {

struct RequestLimits {
  // An inline command, or a header line ("*3", "$5"), before its line end.
  static constexpr std::uint32_t kMaxLineBytes = 64 * 1024;
  // Before authentication: enough for AUTH and HELLO. Their product stays far below the 1 MiB that
  // Redis lets such a client's query buffer have.
  static constexpr std::int64_t kUnauthenticatedArguments = 10;
  static constexpr std::int64_t kUnauthenticatedBulkBytes = 16 * 1024;

  std::int64_t max_bulk_bytes = 512LL * 1024 * 1024;  // proto-max-bulk-len
  std::int64_t max_arguments = std::numeric_limits<std::int32_t>::max();
  // One request with its headers, as it came: Redis' client-query-buffer-limit, past which Redis
  // closes without a word; the decoder's error is "ERR Protocol error: " and this.
  static constexpr std::string_view kTooBig = "too big request";
  std::size_t max_request_bytes = std::size_t{1} << 30;
  bool unauthenticated = false;  // the two limits above hold too

  std::int64_t argument_limit() const {
    return unauthenticated ? std::min(max_arguments, kUnauthenticatedArguments) : max_arguments;
  }
  std::int64_t bulk_limit() const {
    return unauthenticated ? std::min(max_bulk_bytes, kUnauthenticatedBulkBytes) : max_bulk_bytes;
  }
};

}  // namespace weir::codec
