// Writes HTTP/1 responses straight into a sink's free room (RFC 9110, RFC 9112).
//
//   HttpReply reply;
//   reply.content_type = "text/plain";
//   write_reply(sink, reply, "Hello");
//
// What a status forbids is left out, whoever asks for it: 1xx, 204 and 304 have no body, and 304
// alone of them a length. Nothing that a field is given can end it: see HttpFields.
// Holds nothing. Thread rule: the sink's.
#pragma once

#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace weir::codec {

// Where bytes go. reserve(n) gives n bytes or more of contiguous room, valid until the next call;
// commit(n) says that its first n are filled; append() copies.
template <class Sink>
concept HttpSink = requires(Sink& sink, std::size_t n, std::string_view bytes) {
  { sink.reserve(n) } -> std::same_as<char*>;
  sink.commit(n);
  sink.append(bytes);
};

// "HTTP/1.1 200 OK\r\n"; of a status without a name, and 100 to 999 all have a line, without it.
std::string_view http_status_line(int status);
// "OK"
std::string_view http_reason(int status);

// Lines "name: value\r\n" that are what they say: see add().
class HttpFields {
 public:
  // With blanks for all control characters; nothing where `name` is no token.
  void add(std::string_view name, std::string_view value);
  void add(const HttpFields& others) { lines_ += others.lines_; }
  std::string_view lines() const { return lines_; }

 private:
  std::string lines_;
};

struct HttpReply {
  enum class Framing : std::uint8_t {
    kLength,      // `length` bytes
    kChunked,     // write_chunk(), write_last_chunk()
    kUntilClose,  // for HTTP/1.0
  };

  int status = 200;
  std::string_view content_type;  // none where it is empty
  std::string_view fields;        // HttpFields::lines()
  std::string_view date;          // "Date: ...\r\n"
  std::string_view connection;    // "close" or "keep-alive"; none where it is empty
  Framing framing = Framing::kLength;
  std::uint64_t length = 0;

  // Whether it has a body, to whatever request but HEAD.
  bool has_body() const { return status >= 200 && status != 204 && status != 304; }
};

namespace http_response {

inline char* put(char* at, std::string_view text) {
  if (!text.empty()) std::memcpy(at, text.data(), text.size());
  return at + text.size();
}

inline char* put_field(char* at, std::string_view name, std::string_view value) {
  return put(put(put(at, name), value), "\r\n");
}

inline constexpr std::size_t kMaxNumber = 20;

}  // namespace http_response

// The head, and the empty line behind it; then up to `body` bytes in the same piece.
template <HttpSink Sink>
void write_reply(Sink& sink, const HttpReply& reply, std::string_view body = {}) {
  using namespace http_response;
  constexpr std::size_t kNames = 128;        // of the fields here, and line ends
  constexpr std::size_t kJoined = 4 * 1024;  // a longer body is a piece of its own
  const std::string_view line = http_status_line(reply.status);
  const std::size_t joined = body.size() <= kJoined ? body.size() : 0;
  char* const room = sink.reserve(line.size() + reply.date.size() + reply.content_type.size() +
                                  reply.fields.size() + reply.connection.size() + kNames + joined);
  char* at = put(put(room, line), reply.date);
  if (!reply.content_type.empty()) at = put_field(at, "Content-Type: ", reply.content_type);
  at = put(at, reply.fields);
  if (!reply.connection.empty()) at = put_field(at, "Connection: ", reply.connection);
  if (reply.has_body() || (reply.status == 304 && reply.length > 0)) {
    if (reply.framing == HttpReply::Framing::kLength) {
      at = put(at, "Content-Length: ");
      at = std::to_chars(at, at + kMaxNumber, reply.length).ptr;
      at = put(at, "\r\n");
    } else if (reply.framing == HttpReply::Framing::kChunked) {
      at = put(at, "Transfer-Encoding: chunked\r\n");
    }
  }
  at = put(at, "\r\n");
  if (joined > 0) at = put(at, body);
  sink.commit(static_cast<std::size_t>(at - room));
  if (joined < body.size()) sink.append(body);
}

// Nothing for no bytes, as an empty chunk is the last.
template <HttpSink Sink>
void write_chunk(Sink& sink, std::string_view bytes) {
  using namespace http_response;
  if (bytes.empty()) return;
  char* const room = sink.reserve(kMaxNumber + 2);
  char* at = std::to_chars(room, room + kMaxNumber, bytes.size(), 16).ptr;
  at = put(at, "\r\n");
  sink.commit(static_cast<std::size_t>(at - room));
  sink.append(bytes);
  sink.append("\r\n");
}

template <HttpSink Sink>
void write_last_chunk(Sink& sink) {
  sink.append("0\r\n\r\n");
}

}  // namespace weir::codec
