// The answer to one request: at once, by a stream, or later from any thread.
//
//   response.status(201).field("Location", "/a/1").send("made");
//
//   response.later() -> Later later;     // copied to wherever the answer comes from
//   later.answer([](Response& response) { response.send("done"); });
//
// A pipeline's answers keep the order of its requests: while one is awaited, the next isn't read.
//
// Thread rule: that of its connection, except for Later.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "codec/http_response.h"
#include "servers/http/body_writer.h"
#include "servers/http/handler.h"

namespace weir::http {

class Exchange;

// Bytes, and behind them a part of a file; either may be empty.
struct BodyPart {
  std::string bytes;
  FilePiece file;
};

class Later {
 public:
  // Runs `task` with the response on the connection's reactor, unless the peer has gone by then.
  // Only the first call of all copies counts. Any thread, while the engine exists.
  void answer(std::function<void(Response&)> task) const;

 private:
  friend class Exchange;
  class Owed;

  Later(Engine& engine, ConnectionId id, std::uint32_t request);

  // The copies share one answer: it is given once, and a 500 goes out when the last of them is
  // dropped without it.
  std::shared_ptr<Owed> owed_;
};

class Response {
 public:
  explicit Response(Exchange& exchange) : exchange_(exchange) {}
  Response(const Response&) = delete;
  Response& operator=(const Response&) = delete;

  // 200 unless said else; 500 for what is no final status.
  Response& status(int status);
  // A field of the response; control characters become blanks. Those that frame it are not taken:
  // Content-Length, Transfer-Encoding, Connection, Date, Content-Type.
  Response& field(std::string_view name, std::string_view value);
  // Several that were made before.
  Response& fields(const codec::HttpFields& fields);
  // A view until the answer is given; plain text unless said else. What could end its line is no
  // type, and bytes of none is said instead.
  Response& content_type(std::string_view type);

  // The answer whole. To HEAD, and with 204 and 304, the body stays here.
  void send(std::string_view body = {});
  // The same of parts. A file that is shorter by now than its part costs the connection.
  void send(const std::vector<BodyPart>& parts);
  // An answer with that status and its name as the body.
  void send_status(int status);
  // The head, and what `writer` makes: in chunks, or `length` bytes.
  void stream(std::unique_ptr<BodyWriter> writer);
  void stream(std::unique_ptr<BodyWriter> writer, std::uint64_t length);
  // For a route that streams_body: what arrives of it goes to `reader`, who answers.
  void read_body(std::unique_ptr<BodyReader> reader);
  // The answer comes later, with the status and the fields that were set by then. The request's
  // views end with the handler all the same.
  Later later();

  bool answered() const;

 private:
  friend class Exchange;

  Exchange& exchange_;
  int status_ = 200;
  std::string_view content_type_ = "text/plain; charset=utf-8";
  codec::HttpFields fields_;
};

}  // namespace weir::http
