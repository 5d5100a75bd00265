// HTTP/1 requests as frames: the head is read by HttpHead; where a body follows, by length or in
// chunks, llhttp (built strict) reads the head too, and must agree, and then the body. That they
// agree on all other heads is fuzzed (tests/fuzz/http_requests_fuzz.cc).
//
//   POST ... \r\n\r\n hello       {head, "hel", more} {"lo", last}
//   GET ... \r\n\r\n              {head, "", last}
//
// A request is one frame or several: the first has the head and what has arrived of the body behind
// it. Where pieces are cut depends on where packets end, what they amount to does not. Trailers are
// checked, bounded and dropped, chunk extensions too. Behind a request after which the connection
// is to close, and behind a fault, nothing is read: further input is consumed unseen.
//
// A decoder as codec/frame.h says, but for two things: it is moved, not copied, and takes memory
// from the first byte of a request until release() behind its last. Each thread keeps what one
// request needed for the next.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "codec/frame.h"
#include "codec/http_head.h"

namespace weir::codec {

struct HttpPiece {
  const HttpHead* head = nullptr;  // of a request that begins; its bytes go with the frame
  std::string_view body;           // a part of it, maybe none
  bool last = false;               // of this request
};

class HttpRequests {
 public:
  using Frame = HttpPiece;

  // Of what chunks are wrapped in, beside eight bytes for each of the body, and of trailers.
  static constexpr std::size_t kMaxWrapping = 16 * 1024;
  static constexpr std::size_t kMaxTrailers = 8 * 1024;

  // `limits` outlive the decoder. REQUIRES: limits.max_head <= 65535.
  explicit HttpRequests(const HttpLimits& limits);
  HttpRequests(HttpRequests&&) noexcept;
  HttpRequests& operator=(HttpRequests&&) noexcept;
  ~HttpRequests();

  Step<Frame> next(std::string_view unread);
  HttpFault error() const;

  // The frame has been handled.
  void release();

  // Some of a request has arrived, and not all.
  bool in_request() const;
  // Bytes held beside the decoder itself.
  std::size_t memory_usage() const;

 private:
  struct Message;
  // Room for many fields is not kept.
  static constexpr std::size_t kSpareFields = 1024;  // bytes

  static std::unique_ptr<Message>& spare();
  bool begin(std::string_view unread, Step<Frame>& step);
  bool read_body(std::string_view unread, Step<Frame>& step);

  const HttpLimits* limits_;
  std::unique_ptr<Message> message_;
};

static_assert(FrameDecoder<HttpRequests>);

}  // namespace weir::codec
