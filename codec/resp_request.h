// Requests of the RESP protocol, arrays of bulk strings or inline commands, as Redis 7.0 takes
// them.
//
//            whole, canonical   .------------.   views of the input, nothing copied
//   unread ------------------> | fast scan   | ---------------------------------------> arguments
//      |                        '------------'
//      |     anything else      .---------------------------------.   views of bytes
//      '----------------------> | PartialRequest: guard + hiredis | -- owned until ---> arguments
//                               '---------------------------------'    release()
//
// Every byte is taken at once: a partial request waits in the decoder, not in the caller's input
// buffer, and costs memory only while it is partial. An idle decoder holds no memory but itself.
// The outcome depends on the bytes alone, never on how they were split. Not thread-safe.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "codec/byte_arena.h"
#include "codec/request_scan.h"
#include "codec/resp_limits.h"

namespace weir::codec {

class PartialRequest;

class RequestDecoder {
 public:
  using Arguments = std::vector<std::string_view>;

  enum class Outcome {
    kRequest,   // one request's arguments, at least one, were appended
    kNeedMore,  // all of the input was consumed and ends in the middle of a request, or between two
    kError,     // see error(): answer with it and close. Final: each further call gives it again
  };

  explicit RequestDecoder(const RequestLimits& limits = {});
  ~RequestDecoder();
  RequestDecoder(RequestDecoder&&) noexcept;
  RequestDecoder& operator=(RequestDecoder&&) noexcept;

  // Decodes at most one request from the front of `unread` and appends its arguments. `consumed`
  // gets the bytes used: those of the request, and of empty ones before it; all of `unread` on
  // kNeedMore; on kError it means nothing. Empty requests ("*0\r\n", "*-1\r\n", blank lines) are
  // passed over without a word.
  //
  // The views live while the bytes of `unread` stay in place AND release() has not been called, so
  // a batch of requests, decoded one after the other, can wait to be executed. (A request that
  // needs a copy of its own gets one that stays, however many of them a batch has.)
  //
  // While the client is unauthenticated, execute each request before decoding the next: limits
  // change with AUTH.
  Outcome decode(std::string_view unread, std::size_t& consumed, Arguments& arguments);

  // Decodes the requests at the front of `unread` that are whole and canonical, as nearly all are:
  // appends the arguments of each and calls `close()`, until that returns false. Returns the bytes
  // used; decode() says what stops at the next. As decode() for each, in less time.
  template <class Close>
  std::size_t decode_canonical(std::string_view unread, Arguments& arguments, Close&& close) const {
    if (partial_ != nullptr || !error_.empty()) return 0;
    std::size_t used = 0;
    for (bool more = true; more;) {
      const std::string_view rest(unread.data() + used, unread.size() - used);
      const std::size_t size = scan_request(rest, bounds_, arguments);
      if (size == 0) break;
      used += size;
      more = close();
    }
    return used;
  }

  // The batch has been executed: views of it end here.
  void release() {
    if (!held_.empty()) held_.clear();
  }

  // After kError: the error reply's text without its '-' and line end.
  std::string_view error() const { return error_; }
  // Whether it is that one request takes more than max_request_bytes.
  bool exceeds_limit() const { return error_.ends_with(RequestLimits::kTooBig); }

  // Holds from the next header on.
  void set_limits(const RequestLimits& limits) {
    limits_ = limits;
    bounds_ = {limits.argument_limit(), limits.bulk_limit(), limits.max_request_bytes};
  }
  const RequestLimits& limits() const { return limits_; }

  // Whether the input so far ends in the middle of a request.
  bool has_partial() const { return partial_ != nullptr; }

  // Bytes held beside the decoder itself: 0 between requests, once released.
  std::size_t memory_usage() const;

 private:
  [[gnu::noinline]] Outcome decode_slowly(std::string_view unread, std::size_t& consumed,
                                          Arguments& arguments);
  Outcome decode_line(std::string_view unread, std::size_t& consumed, Arguments& arguments);
  Outcome decode_partial(std::string_view unread, std::size_t& consumed, Arguments& arguments);
  Outcome fail(std::string error);

  RequestLimits limits_;
  ScanBounds bounds_{};  // the limits, of who the client is
  std::unique_ptr<PartialRequest> partial_;
  ByteArena held_;  // bytes behind views of the batch that do not point into the input
  std::string error_;
};

}  // namespace weir::codec
