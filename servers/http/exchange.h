// A request and its answer, from the head to the last byte written.
//
//   start -> (read) -> handler called -> answered at once
//                                     -> awaited: later, or by a writer
//
// A shard keeps one that is done for the next request, so what it is made of is made once.
//
// Thread rule: that of its connection.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "codec/http_requests.h"
#include "codec/http_response.h"
#include "core/connection.h"
#include "servers/http/access_log.h"
#include "servers/http/body_writer.h"
#include "servers/http/handler.h"
#include "servers/http/response.h"
#include "servers/http/router.h"
#include "servers/http/shard.h"

namespace weir::http {

class Exchange {
 public:
  // With the first piece of a request; `number` is the request's on its connection.
  void begin(Shard& shard, Connection& connection, std::uint32_t number,
             const codec::HttpPiece& piece);
  // With the pieces that follow.
  void go_on(const codec::HttpPiece& piece);
  // Answers what is no request, or has not become one; the caller closes the connection.
  void refuse(Shard& shard, Connection& connection, int status);
  // Its connection is on another reactor now.
  void move(Shard& shard, Connection& connection);
  // Its connection has closed: an answer that was begun is counted and logged as far as it came.
  void abandon();
  // For the next one. REQUIRES: nobody reads or writes a body any more.
  void clear();

  // Whether so many bytes of the request's body have come since it was asked last.
  bool body_is_in_time(std::uint64_t bytes);
  bool answered() const { return answered_; }  // the head of the answer at least
  bool awaited() const { return awaited_; }    // the answer, or the rest of it, comes later
  bool reads() const { return reader_ != nullptr; }
  bool done() const { return answered_ && !awaited_; }
  // By a writer that has more as soon as there is room.
  bool streams() const { return writer_ != nullptr && !waits_; }

  // Of Response.
  void reply(const Response& response, std::string_view body);
  void reply(const Response& response, const std::vector<BodyPart>& parts);
  void reply_status(int status, const codec::HttpFields& fields = {});
  void start_stream(const Response& response, std::unique_ptr<BodyWriter> writer, bool sized,
                    std::uint64_t length);
  void read_body(std::unique_ptr<BodyReader> reader);
  Later await_later();
  // Of Later: runs `task` with the response.
  void answer_late(const std::function<void(Response&)>& task);
  // Lets the writer, if there is one, fill the output.
  void pump();

 private:
  bool refuse_head(const codec::HttpHead& head);
  void keep_head(const codec::HttpHead& head);
  void offer_to_continue(const codec::HttpPiece& piece);
  void take_body(const codec::HttpPiece& piece);
  void call_handler(const codec::HttpHead& head, std::string_view body);
  template <class Task>
  void answer(const Task& task, bool more_to_read);
  void fail();
  std::uint64_t max_body() const;
  bool may_answer() const;
  void write(codec::HttpReply& reply, std::string_view body);
  void write_file(const FilePiece& piece);
  void finish();
  void note();
  void log_request(const codec::HttpHead* head);

  static constexpr std::uint64_t kNoLength = UINT64_MAX;

  Shard* shard_ = nullptr;
  Connection* connection_ = nullptr;
  std::uint32_t number_ = 0;
  int status_ = 0;
  std::int64_t began_us_ = 0;     // the tick in which the request came
  std::uint64_t body_bytes_ = 0;  // of the request's body, read
  std::uint64_t body_mark_ = 0;
  std::uint64_t body_sent_ = 0;
  std::uint64_t length_ = kNoLength;  // of a body that a writer makes
  bool head_only_ = false;
  bool http_1_0_ = false;
  bool keep_alive_ = false;
  bool whole_ = false;     // the request has been read to its end
  bool begun_ = false;     // some of the answer may have been written
  bool answered_ = false;  // its head has
  bool complete_ = false;  // all of it has
  bool awaited_ = false;   // by Later or a writer
  bool later_ = false;     // by Later
  bool waits_ = false;     // the writer, to be woken
  bool chunked_ = false;
  bool closed_elsewhere_ = false;
  Match match_;
  std::unique_ptr<LogEntry> log_entry_;
  std::unique_ptr<BodyReader> reader_;
  std::unique_ptr<BodyWriter> writer_;
  // What was said of an answer that comes later.
  int kept_status_ = 200;
  codec::HttpFields kept_fields_;
  // A request whose body arrives in parts: its head, copied, and what has come of the body.
  codec::HttpHead head_;
  std::string head_bytes_;
  std::string body_;
};

}  // namespace weir::http
