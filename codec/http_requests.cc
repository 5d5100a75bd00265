#include "codec/http_requests.h"

#include <utility>

#include "base/check.h"
#include "llhttp.h"

namespace weir::codec {

namespace {

// What the parser found: a piece of the body, or the end of the request.
struct Found {
  std::string_view body;
  bool last_chunk = false;  // trailers follow
  bool complete = false;
};

Found& found(llhttp_t* parser) { return *static_cast<Found*>(parser->data); }

// Nobody here speaks another protocol: the request is just answered.
int on_headers_complete(llhttp_t* parser) {
  parser->upgrade = 0;
  return HPE_OK;
}

int on_body(llhttp_t* parser, const char* bytes, std::size_t size) {
  found(parser).body = {bytes, size};
  return HPE_PAUSED;
}

int on_chunk_header(llhttp_t* parser) {
  if (parser->content_length != 0) return HPE_OK;
  found(parser).last_chunk = true;
  return HPE_PAUSED;
}

int on_message_complete(llhttp_t* parser) {
  found(parser).complete = true;
  return HPE_PAUSED;
}

const llhttp_settings_t& settings() {
  static const llhttp_settings_t all = [] {
    llhttp_settings_t settings;
    llhttp_settings_init(&settings);
    settings.on_headers_complete = on_headers_complete;
    settings.on_body = on_body;
    settings.on_chunk_header = on_chunk_header;
    settings.on_message_complete = on_message_complete;
    return settings;
  }();
  return all;
}

}  // namespace

struct HttpRequests::Message {
  void restart() {
    found = {};
    head.reset();
    fault = {};
    head_done = ended = false;
  }

  // Has the head's second reader agree that a body follows, and be ready for it.
  void expect_body() {
    llhttp_init(&parser, HTTP_REQUEST, &settings());
    parser.data = &found;
    trailers = {};
    wrapping = body_bytes = 0;
    feed(head.bytes());
    if (found.complete) fault = {400, "a request that the parser does not understand"};
  }

  // Feeds `bytes`; how many of them were taken. A fault is left in `fault`.
  std::size_t feed(std::string_view bytes) {
    if (llhttp_get_errno(&parser) == HPE_PAUSED) llhttp_resume(&parser);
    found.body = {};
    const llhttp_errno_t error = llhttp_execute(&parser, bytes.data(), bytes.size());
    if (error == HPE_OK) return bytes.size();
    if (error != HPE_PAUSED) fault = {400, "a request that the parser does not understand"};
    return static_cast<std::size_t>(llhttp_get_error_pos(&parser) - bytes.data());
  }

  // A part of the body, or of what it is wrapped in; the trailers whole. How much was taken.
  std::size_t feed_body(std::string_view bytes) {
    if (found.last_chunk)
      return scan_trailers(bytes) ? feed(bytes.substr(0, trailers.scanned())) : 0;
    const bool chunked = head.body() == HttpHead::Body::kChunked;
    const std::size_t allowance = kMaxWrapping + 8 * body_bytes - wrapping;
    const std::size_t taken = feed(chunked ? bytes.substr(0, allowance + 1) : bytes);
    if (fault || !chunked) return taken;
    const std::size_t around = taken - found.body.size();
    if (around > allowance) fault = {400, "chunks that are wrapped in too much"};
    wrapping += around;
    body_bytes += found.body.size();
    return taken;
  }

  // The parser takes a bare LF for their end, where another reader sees them go on.
  bool scan_trailers(std::string_view bytes) {
    std::string_view line;
    HttpField field;
    while (!fault) {
      const HttpLines::Found next = trailers.next(bytes, line);
      if (trailers.scanned() > kMaxTrailers) {
        fault = {431, "trailers that are too long"};
      } else if (next == HttpLines::Found::kBareLf) {
        fault = {400, "a trailer that ends in a bare LF"};
      } else if (next == HttpLines::Found::kControl) {
        fault = {400, "a control character in a trailer"};
      } else if (next == HttpLines::Found::kNone || line.empty()) {
        return next == HttpLines::Found::kLine;
      } else {
        fault = split_field(line, field);
      }
    }
    return false;
  }

  llhttp_t parser{};
  Found found;
  HttpHead head;
  HttpFault fault;
  std::size_t wrapping = 0;
  std::size_t body_bytes = 0;
  HttpLines trailers;
  bool head_done = false;
  bool ended = false;  // nothing is read any more
};

HttpRequests::HttpRequests(const HttpLimits& limits) : limits_(&limits) {
  WEIR_CHECK(limits.max_head <= UINT16_MAX);
}
HttpRequests::HttpRequests(HttpRequests&&) noexcept = default;
HttpRequests& HttpRequests::operator=(HttpRequests&&) noexcept = default;
HttpRequests::~HttpRequests() = default;

HttpFault HttpRequests::error() const { return message_ ? message_->fault : HttpFault(); }

bool HttpRequests::in_request() const {
  return message_ && !message_->ended && (message_->head_done || message_->head.begun());
}

std::size_t HttpRequests::memory_usage() const {
  return message_ ? sizeof(Message) + message_->head.memory_usage() : 0;
}

// One variable for all returns: it is made in its caller's place, and never copied.
Step<HttpPiece> HttpRequests::next(std::string_view unread) {
  Step<Frame> step;
  if (message_ == nullptr) {
    if (unread.empty()) return step;
    message_ = spare() ? std::move(spare()) : std::make_unique<Message>();
  }
  if (message_->fault) {
    step.outcome = Outcome::kFailed;
  } else if (message_->ended) {
    step.consumed = unread.size();
  } else if ((message_->head_done || begin(unread, step)) &&
             (message_->found.complete || read_body(unread, step))) {
    step.frame.last = message_->found.complete;
    if (step.frame.last && !message_->head.keep_alive()) message_->ended = true;
    step.outcome = Outcome::kFrame;
  }
  return step;
}

// True: the head is in the frame. Empty lines in front of it are skipped (RFC 9112, 2.2).
bool HttpRequests::begin(std::string_view unread, Step<Frame>& step) {
  Message& message = *message_;
  if (!message.head.begun()) {
    while (unread.starts_with("\r\n")) {
      unread.remove_prefix(2);
      step.consumed += 2;
    }
    if (unread == "\r") return false;
  }
  if (!message.head.scan(unread, *limits_)) {
    message.fault = message.head.fault();
    if (message.fault) step.outcome = Outcome::kFailed;
    return false;
  }
  message.found.complete = message.head.body() == HttpHead::Body::kNone;
  if (!message.found.complete) message.expect_body();
  if (message.fault) {
    step.outcome = Outcome::kFailed;
    return false;
  }
  message.head_done = true;
  step.consumed += message.head.size();
  step.frame.head = &message.head;
  return true;
}

// True: there is a frame: of a head, of a piece, or of the end alone. A fault behind a head that
// has just been found waits for the next call, as if the head had come alone.
bool HttpRequests::read_body(std::string_view unread, Step<Frame>& step) {
  Message& message = *message_;
  while (!message.found.complete && step.frame.body.empty()) {
    const std::string_view rest = unread.substr(step.consumed);
    const std::size_t taken = rest.empty() ? 0 : message.feed_body(rest);
    if (message.fault && step.frame.head == nullptr) step.outcome = Outcome::kFailed;
    if (message.fault || taken == 0) return step.frame.head != nullptr;
    step.consumed += taken;
    step.frame.body = message.found.body;
  }
  const bool all_there =
      message.head.body() == HttpHead::Body::kLength && message.parser.content_length == 0;
  if (all_there && !message.found.complete) message.feed(unread.substr(unread.size()));
  return true;
}

std::unique_ptr<HttpRequests::Message>& HttpRequests::spare() {
  thread_local std::unique_ptr<Message> message;
  return message;
}

void HttpRequests::release() {
  if (message_ == nullptr || message_->ended || message_->fault || !message_->found.complete)
    return;
  if (spare() == nullptr && message_->head.memory_usage() <= kSpareFields) {
    message_->restart();
    spare() = std::move(message_);
  }
  message_.reset();
}

}  // namespace weir::codec
