#include "servers/http/session.h"

#include <unistd.h>

#include <algorithm>
#include <exception>
#include <string>
#include <utility>

#include "core/log.h"
#include "servers/http/request.h"
#include "servers/http/server.h"

namespace weir::http {

using codec::HttpHead;
using codec::HttpPiece;
using codec::HttpReply;

// What outlives one call: a request whose body arrives in parts, with a copy of its head; an answer
// that is made bit by bit.
struct Session::Exchange {
  std::string bytes;  // of the head
  HttpHead head;
  Match match;
  std::string body;
  std::unique_ptr<BodyReader> reader;
  std::unique_ptr<BodyWriter> writer;
  bool chunked = false;
};

Session::Session(Shard& shard, Connection& connection)
    : FrameSession(codec::HttpRequests(shard.server().limits().head)),
      shard_(&shard),
      connection_(&connection) {
  wait_for(Waiting::kFirst);
  moving_ms_ = since_ms_;
  watch(limits().shortest_ms());
}

Session::~Session() = default;

const Limits& Session::limits() const { return shard_->server().limits(); }

void Session::wait_for(Waiting waiting) {
  waiting_ = waiting;
  since_ms_ = reactor().now_ms();
}

// The clock is the tick's: it stands still while decode() runs elsewhere.
Decoded Session::decode(InputBuffer& input) {
  const Decoded decoded = FrameSession::decode(input);
  const bool begins = decoded == Decoded::kNeedMore && waiting_ == Waiting::kNext;
  if (begins && codec().in_request()) wait_for(Waiting::kHead);
  return decoded;
}

// Calls who is to answer, and answers for him where he fails to.
template <class Task>
void Session::answer(const Task& task, bool more_to_read) {
  Response response(*this);
  try {
    task(response);
  } catch (const std::exception& error) {
    WEIR_LOG(kWarning, "a handler threw: %s", error.what());
    more_to_read = false;
  } catch (...) {
    WEIR_LOG(kWarning, "a handler threw");
    more_to_read = false;
  }
  const bool reads = more_to_read && exchange_ != nullptr && exchange_->reader != nullptr;
  if (current_.answered || current_.awaited || reads) return;
  WEIR_LOG(kWarning, "a handler did not answer");
  current_.keep_alive = false;
  reply_status(500);
}

void Session::on_frame(Connection&, HttpPiece piece) {
  if (piece.head != nullptr) {
    begin(piece);
  } else {
    go_on(piece);
  }
  if (current_.answered && !current_.awaited) exchange_.reset();
  if (current_.awaited && (exchange_ == nullptr || exchange_->reader == nullptr)) park();
}

void Session::begin(const HttpPiece& piece) {
  const HttpHead& head = *piece.head;
  shard_->counts().requests.add();
  ++request_;
  body_bytes_ = 0;
  current_ = {.head_only = head.method() == HttpMethod::kHead,
              .http_1_0 = head.minor_version() == 0,
              .keep_alive = head.keep_alive() && !reactor().is_stopping(),
              .whole = piece.last};
  wait_for(piece.last ? Waiting::kAnswer : Waiting::kBody);
  const Match match = shard_->server().router().find(head.method(), head.path());
  if (refuse(head, match)) return;
  if (match.route->streams_body) {
    call_handler(head, {}, match);
    if (current_.answered) return;
    offer_to_continue(piece);
    return take_body(piece);
  }
  if (piece.last) {
    if (piece.body.size() > max_body(match)) return reply_status(413);
    return call_handler(head, piece.body, match);
  }
  keep_head(head);
  offer_to_continue(piece);
  take_body(piece);
}

void Session::go_on(const HttpPiece& piece) {
  if (current_.answered) return;  // and closes, as this was still to come
  current_.whole = piece.last;
  if (piece.last) wait_for(Waiting::kAnswer);
  take_body(piece);
}

std::uint64_t Session::max_body(const Match& match) const {
  const std::uint64_t own = match.route->max_body;
  return own == Route::kDefaultBody ? limits().max_body : own;
}

// What can be told from the head alone is answered before the body is asked for.
bool Session::refuse(const HttpHead& head, const Match& match) {
  if (match.route != nullptr) {
    if (head.body() != HttpHead::Body::kLength || head.content_length() <= max_body(match)) {
      return false;
    }
    reply_status(413);
    return true;
  }
  std::string fields;
  if (match.path_exists()) codec::append_field(fields, "Allow", allow_field(match.allowed));
  const bool options = head.method() == HttpMethod::kOptions;
  if (options && (match.path_exists() || head.path() == "*")) {
    reply_status(204, fields);
  } else {
    reply_status(match.path_exists() ? 405 : 404, fields);
  }
  return true;
}

void Session::keep_head(const HttpHead& head) {
  Exchange& kept = exchange();
  kept.bytes = head.bytes();
  kept.head = head;
  kept.head.rebase(kept.bytes.data());
  kept.match = shard_->server().router().find(kept.head.method(), kept.head.path());
}

// Unless the body is on its way already (RFC 9110, 10.1.1).
void Session::offer_to_continue(const HttpPiece& piece) {
  if (!piece.head->expects_continue() || piece.last || !piece.body.empty()) return;
  connection_->output().append("HTTP/1.1 100 Continue\r\n\r\n");
}

void Session::take_body(const HttpPiece& piece) {
  body_bytes_ += piece.body.size();
  Exchange& kept = exchange();
  if (kept.reader != nullptr) {
    const auto read = [&](Response& response) {
      kept.reader->read(piece.body, piece.last, response);
    };
    answer(read, !piece.last);
    if (current_.whole || current_.answered) kept.reader.reset();
    return;
  }
  if (body_bytes_ > max_body(kept.match)) return reply_status(413);
  kept.body += piece.body;
  if (piece.last) call_handler(kept.head, kept.body, kept.match);
}

void Session::call_handler(const HttpHead& head, std::string_view body, const Match& match) {
  const Request request(head, body, match, connection_->peer());
  const auto handle = [&](Response& response) { match.route->handler(request, response); };
  answer(handle, match.route->streams_body);
}

bool Session::may_answer() const {
  if (!current_.answered && connection_->is_open()) return true;
  if (connection_->is_open()) WEIR_LOG(kWarning, "a second answer to one request is dropped");
  return false;
}

void Session::reply(const Response& response, std::string_view body) {
  if (!may_answer()) return;
  HttpReply reply;
  reply.status = response.status_;
  if (reply.has_body()) reply.content_type = response.content_type_;
  reply.fields = response.fields_;
  reply.length = body.size();
  write(reply, body);
  finish_answer();
}

void Session::reply(const Response& response, const std::vector<BodyPart>& parts) {
  if (!may_answer()) return;
  HttpReply reply;
  reply.status = response.status_;
  reply.content_type = response.content_type_;
  reply.fields = response.fields_;
  for (const BodyPart& part : parts) reply.length += part.bytes.size() + part.file.size;
  write(reply, {});
  if (!current_.head_only && reply.has_body()) {
    for (const BodyPart& part : parts) {
      connection_->output().append(part.bytes);
      write_file(part.file);
    }
  }
  finish_answer();
}

// A small part is cheaper to copy than to have a system call of its own.
void Session::write_file(const FilePiece& piece) {
  constexpr std::size_t kCopied = 64 * 1024;
  constexpr std::size_t kStep = 4096;
  if (piece.size > kCopied) return connection_->write_file(piece);
  for (std::size_t done = 0; done < piece.size;) {
    const std::size_t wanted = std::min(piece.size - done, kStep);
    char* const room = connection_->output().reserve(wanted);
    const ssize_t got = ::pread(piece.fd, room, wanted, piece.offset + static_cast<off_t>(done));
    if (got <= 0) {
      return connection_->abort(Status::error("a file became shorter while it was sent"));
    }
    connection_->output().commit(static_cast<std::size_t>(got));
    done += static_cast<std::size_t>(got);
  }
}

void Session::reply_status(int status, std::string_view fields) {
  if (!may_answer()) return;
  HttpReply reply;
  reply.status = status;
  reply.fields = fields;
  std::string body;
  if (reply.has_body()) {
    reply.content_type = "text/plain; charset=utf-8";
    body = std::to_string(status) + " " + std::string(codec::http_reason(status)) + "\n";
  }
  reply.length = body.size();
  write(reply, body);
  finish_answer();
}

void Session::write(HttpReply& reply, std::string_view body) {
  if (!current_.whole) current_.keep_alive = false;  // what is left of the body is not read
  reply.date = shard_->date();
  if (!current_.keep_alive) {
    reply.connection = "close";
  } else if (current_.http_1_0) {
    reply.connection = "keep-alive";
  }
  if (current_.head_only || !reply.has_body()) body = {};
  codec::write_reply(connection_->output(), reply, body);
  current_.answered = true;
  current_.awaited = false;
  const int kind = reply.status / 100;
  if (kind >= 1 && kind <= 5) shard_->counts().by_class[kind].add();
}

void Session::start_stream(const Response& response, std::unique_ptr<BodyWriter> writer, bool sized,
                           std::uint64_t length) {
  if (!may_answer()) return;
  HttpReply reply;
  reply.status = response.status_;
  reply.fields = response.fields_;
  reply.content_type = response.content_type_;
  reply.length = length;
  if (!sized) {
    reply.framing =
        current_.http_1_0 ? HttpReply::Framing::kUntilClose : HttpReply::Framing::kChunked;
    if (current_.http_1_0) current_.keep_alive = false;
  }
  write(reply, {});
  if (current_.head_only || !reply.has_body()) return finish_answer();
  Exchange& kept = exchange();
  kept.chunked = reply.framing == HttpReply::Framing::kChunked;
  kept.writer = std::move(writer);
  current_.awaited = true;
  pump();
}

// Lets the writer fill the output.
void Session::pump() {
  if (!connection_->is_open() || exchange_ == nullptr || exchange_->writer == nullptr) return;
  BodySink sink(*connection_, exchange_->chunked,
                Waker(shard_->server().engine(), connection_->id(), request_));
  auto wrote = BodyWriter::Wrote::kMore;
  while (wrote == BodyWriter::Wrote::kMore && !connection_->output_full()) {
    wrote = exchange_->writer->write(sink);
  }
  connection_->flush_later();
  if (wrote == BodyWriter::Wrote::kMore || wrote == BodyWriter::Wrote::kWait) return;
  exchange_->writer.reset();
  current_.awaited = false;
  if (wrote == BodyWriter::Wrote::kBroken) {
    return connection_->abort(Status::error("a response could not be made to its end"));
  }
  if (exchange_->chunked) codec::write_last_chunk(connection_->output());
  finish_answer();
}

void Session::finish_answer() {
  wait_for(Waiting::kNext);
  if (!current_.keep_alive) connection_->close_after_flush();
  go_on_reading();
}

void Session::park() {
  if (current_.parked || !connection_->is_open()) return;
  current_.parked = true;
  pause(*connection_);
}

void Session::go_on_reading() {
  if (!std::exchange(current_.parked, false)) return;
  exchange_.reset();
  resume(*connection_);
}

Session::Exchange& Session::exchange() {
  if (exchange_ == nullptr) exchange_ = std::make_unique<Exchange>();
  return *exchange_;
}

void Session::on_failed(Connection&) {
  exchange_.reset();
  if (current_.answered || waiting_ != Waiting::kBody) current_ = {.whole = true};
  current_.keep_alive = false;
  reply_status(codec().error().status);
}

void Session::writable(Connection&) { pump(); }

void Session::moved(Connection& connection) {
  connection_ = &connection;
  shard_ = &shard_->server().shard(connection.reactor());
  watch(limits().shortest_ms());
}

void Session::closed(Connection&, const Status&) {
  reactor().cancel(timer_);
  exchange_.reset();
}

// No state that begins meanwhile can be over by then.
void Session::watch(std::int64_t delay_ms) {
  delay_ms = std::min(delay_ms, limits().shortest_ms());
  timer_ = reactor().schedule(std::max<std::int64_t>(delay_ms, 1), [this] { check_deadlines(); });
}

// When what is waited for is late.
std::int64_t Session::due_ms() const {
  switch (waiting_) {
    case Waiting::kFirst:
    case Waiting::kHead:
      return since_ms_ + limits().head_ms;
    case Waiting::kNext:
      return since_ms_ + limits().next_ms;
    case Waiting::kBody:
      return since_ms_ + limits().body_ms +
             static_cast<std::int64_t>(1000 * body_bytes_ / limits().body_rate);
    case Waiting::kAnswer:
      break;
  }
  return INT64_MAX;
}

// A peer that takes less than a KiB in all that time takes nothing.
bool Session::output_stalls() {
  constexpr std::uint64_t kProgress = 1024;
  const std::uint64_t sent = connection_->bytes_sent();
  if (connection_->output().empty() || sent - sent_ >= kProgress) {
    sent_ = sent;
    moving_ms_ = reactor().now_ms();
  }
  return reactor().now_ms() - moving_ms_ >= limits().write_ms;
}

void Session::check_deadlines() {
  if (!connection_->is_open()) return;
  if (output_stalls()) {
    shard_->counts().late.add();
    return connection_->abort(
        Status::error("the peer took nothing for " + std::to_string(limits().write_ms) + " ms"));
  }
  const std::int64_t now_ms = reactor().now_ms();
  if (due_ms() <= now_ms) return close_late();
  std::int64_t next_ms = due_ms();
  if (!connection_->output().empty()) next_ms = std::min(next_ms, moving_ms_ + limits().write_ms);
  watch(next_ms - now_ms);
}

// Nothing is said to who has not begun to speak.
void Session::close_late() {
  shard_->counts().late.add();
  if (!codec().in_request()) return connection_->close();
  exchange_.reset();
  if (waiting_ != Waiting::kBody) current_ = {.whole = true};
  current_.keep_alive = false;
  reply_status(408);
  connection_->flush_later();
}

Later Session::await_later() {
  current_.awaited = true;
  return Later(shard_->server().engine(), connection_->id());
}

void Session::read_body(std::unique_ptr<BodyReader> reader) {
  exchange().reader = std::move(reader);
}

void Session::answer_late(const std::function<void(Response&)>& task) {
  current_.awaited = false;
  answer(task, false);
  connection_->flush_later();
}

void Session::wake(std::uint32_t request) {
  if (request_ == request) pump();
}

}  // namespace weir::http
