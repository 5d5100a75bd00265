// Stands in front of the RESP parser: follows one request byte by byte, enforces the limits before
// anything is allocated for it, finds Redis' errors, and never lets a byte of a following request
// through. The parser gets canonical headers and the payload, nothing else.
//
//   "*2\r\n"  ->  "$3\r\n"  ->  "GET\r\n"  ->  "$1\r\n"  ->  "k\r\n"  ->  kRequest
//    count         bulk          payload
//       `-> kEmpty (count <= 0)     `-- skipped by count, its line end included, not looked at
//
// As Redis 7.0 does: a header ends at the first '\r' and one more byte, whichever; one of more than
// 64 KiB is an error; after a NUL none ends any more (Redis looks for the '\r' with a C string
// function). The two bytes after a payload are not checked. Not thread-safe; one per request.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "codec/resp_limits.h"

namespace weir::codec {

class RequestGuard {
 public:
  enum class Outcome {
    kNeedMore,  // all input was looked at; go on with what follows
    kRequest,   // the request is complete, `bytes` its last ones
    kEmpty,     // a count of zero or less: there is no request, its bytes are consumed
    kError,     // see error(); final
  };

  struct Step {
    Outcome outcome;
    std::size_t consumed = 0;  // bytes of the input
    std::string_view bytes;    // for the parser; a view of the input, or of the guard until next()
  };

  // Looks at the front of `input`, up to the end of the header or payload it begins with. The first
  // byte of a request is its '*'. REQUIRES: input is not empty; no call after another outcome than
  // kNeedMore.
  Step next(std::string_view input, const RequestLimits& limits);

  // Payload bytes, line end included, still to come of the argument in progress.
  std::size_t payload_left() const { return payload_left_; }

  // The text of an error reply without its '-' and line end.
  std::string error() const;

 private:
  Step next_header(std::string_view input, const RequestLimits& limits);
  Step next_payload(std::string_view input);
  Step end_header(std::size_t consumed, const RequestLimits& limits);
  Step end_count(std::size_t consumed, const RequestLimits& limits);
  Step end_bulk(std::size_t consumed, const RequestLimits& limits);
  std::string_view canonical_header();
  Step fail(std::string_view reason);

  // A type byte, a sign and 19 digits; what is longer is no number.
  static constexpr std::size_t kMaxHeaderBytes = 21;

  std::int64_t arguments_left_ = 0;  // 0: the count has not been read
  std::size_t payload_left_ = 0;     // 0: reading a header
  std::size_t request_bytes_ = 0;    // of the headers and payloads begun
  std::uint32_t header_size_ = 0;    // bytes of the header so far; header_ has the first ones
  bool saw_nul_ = false;
  bool saw_return_ = false;
  char header_[kMaxHeaderBytes + 2];  // with a line end
  std::string_view reason_;
};

}  // namespace weir::codec
