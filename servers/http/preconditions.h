// Whether what a client has, or expects, is what there is: If-Match, If-Unmodified-Since,
// If-None-Match, If-Modified-Since, If-Range (RFC 9110, 13).
#pragma once

#include <cstdint>
#include <string_view>

#include "codec/http_head.h"

namespace weir::http {

// What there is.
struct Validators {
  std::string_view etag;        // strong, with its quotes
  std::int64_t modified_s = 0;  // seconds since 1970
};

enum class Verdict : std::uint8_t { kSend, kNotModified, kFailed };  // 200, 304, 412

// Of GET and HEAD.
Verdict check_preconditions(const codec::HttpHead& head, const Validators& now);

// Whether a range may be sent: what the client has the rest of has not changed. Without If-Range
// true.
bool range_holds(const codec::HttpHead& head, const Validators& now);

}  // namespace weir::http
