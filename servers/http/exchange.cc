#include "servers/http/exchange.h"

#include <unistd.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "core/log.h"
#include "core/reactor.h"
#include "servers/http/request.h"
#include "servers/http/server.h"

namespace weir::http {

using codec::HttpHead;
using codec::HttpPiece;
using codec::HttpReply;

namespace {

// What is kept of a request's buffers for the next.
constexpr std::size_t kKeptBytes = 16 * 1024;

// "127.0.0.1", "::1"; "unix:" of a unix socket.
std::string host_of(const Address& peer) {
  if (!peer.is_ip()) return "unix:";
  const std::string text = peer.to_ip_port();
  const std::string host = text.substr(0, text.rfind(':'));
  return host.starts_with('[') ? host.substr(1, host.size() - 2) : host;
}

}  // namespace

// Calls who is to answer, and answers for him where he fails to. What he has said so far of an
// answer that comes later is kept for it.
template <class Task>
void Exchange::answer(const Task& task, bool more_to_read) {
  Response response(*this);
  response.status_ = kept_status_;
  response.fields_ = std::exchange(kept_fields_, {});
  try {
    task(response);
  } catch (const std::exception& error) {
    WEIR_LOG(kWarning, "a handler threw: %s", error.what());
    return fail();
  } catch (...) {
    WEIR_LOG(kWarning, "a handler threw");
    return fail();
  }
  if (answered_) return;
  if (!awaited_ && !(more_to_read && reads())) {
    WEIR_LOG(kWarning, "a handler did not answer");
    return fail();
  }
  kept_status_ = response.status_;
  kept_fields_ = std::move(response.fields_);
}

// Half an answer can't be mended: nobody may take it for a whole one.
void Exchange::fail() {
  if (complete_) return;
  if (begun_) {
    writer_.reset();
    awaited_ = false;
    return connection_->abort(Status::error("a response could not be made to its end"));
  }
  later_ = awaited_ = false;
  keep_alive_ = false;
  reply_status(500);
}

void Exchange::begin(Shard& shard, Connection& connection, std::uint32_t number,
                     const HttpPiece& piece) {
  const HttpHead& head = *piece.head;
  shard_ = &shard;
  connection_ = &connection;
  number_ = number;
  began_us_ = shard.reactor().tick_start_us();
  head_only_ = head.method() == HttpMethod::kHead;
  http_1_0_ = head.minor_version() == 0;
  keep_alive_ = head.keep_alive() && !shard.reactor().is_retiring();
  whole_ = piece.last;
  shard.counts().requests.add();
  if (shard.server().access_log() != nullptr) log_request(&head);
  shard.server().router().find(head.method(), head.path(), match_);
  if (refuse_head(head)) return;
  if (match_.route->streams_body) {
    call_handler(head, {});
    if (answered_ || awaited_) return;
    offer_to_continue(piece);
    return take_body(piece);
  }
  if (piece.last) {
    if (piece.body.size() > max_body()) return reply_status(413);
    return call_handler(head, piece.body);
  }
  keep_head(head);
  offer_to_continue(piece);
  take_body(piece);
}

void Exchange::go_on(const HttpPiece& piece) {
  if (answered_ || awaited_) return;  // and closes behind the answer, as this was still to come
  whole_ = piece.last;
  take_body(piece);
}

void Exchange::refuse(Shard& shard, Connection& connection, int status) {
  if (shard_ == nullptr) {
    shard_ = &shard;
    connection_ = &connection;
    began_us_ = shard.reactor().tick_start_us();
    whole_ = true;
  }
  if (begun_ || awaited_) return fail();
  reader_.reset();
  keep_alive_ = false;
  closed_elsewhere_ = true;
  reply_status(status);
}

void Exchange::move(Shard& shard, Connection& connection) {
  shard_ = &shard;
  connection_ = &connection;
}

void Exchange::abandon() {
  if (begun_ && !complete_) note();
}

void Exchange::clear() {
  shard_ = nullptr;
  body_bytes_ = body_mark_ = body_sent_ = 0;
  kept_status_ = 200;
  kept_fields_ = {};
  head_only_ = http_1_0_ = keep_alive_ = whole_ = false;
  begun_ = answered_ = complete_ = awaited_ = later_ = waits_ = false;
  chunked_ = closed_elsewhere_ = false;
  length_ = kNoLength;
  match_.clear();
  log_entry_.reset();
  reader_.reset();
  writer_.reset();
  head_.reset();
  if (head_bytes_.capacity() > kKeptBytes) std::string().swap(head_bytes_);
  if (body_.capacity() > kKeptBytes) std::string().swap(body_);
  body_.clear();
}

bool Exchange::body_is_in_time(std::uint64_t bytes) {
  const bool in_time = body_bytes_ - body_mark_ >= bytes;
  body_mark_ = body_bytes_;
  return in_time;
}

std::uint64_t Exchange::max_body() const {
  const std::uint64_t own = match_.route->max_body;
  return own == Route::kDefaultBody ? shard_->server().limits().max_body : own;
}

// What can be told from the head alone is answered before the body is asked for.
bool Exchange::refuse_head(const HttpHead& head) {
  if (match_.route != nullptr) {
    if (head.body() != HttpHead::Body::kLength || head.content_length() <= max_body()) {
      return false;
    }
    reply_status(413);
    return true;
  }
  codec::HttpFields fields;
  if (match_.path_exists()) fields.add("Allow", allow_field(match_.allowed));
  const bool options = head.method() == HttpMethod::kOptions;
  if (options && (match_.path_exists() || head.path() == "*")) {
    reply_status(204, fields);
  } else {
    reply_status(match_.path_exists() ? 405 : 404, fields);
  }
  return true;
}

// The parameters of the match are views of the head.
void Exchange::keep_head(const HttpHead& head) {
  head_bytes_ = head.bytes();
  head_ = head;
  head_.rebase(head_bytes_.data());
  shard_->server().router().find(head_.method(), head_.path(), match_);
}

// Unless the body is on its way already (RFC 9110, 10.1.1).
void Exchange::offer_to_continue(const HttpPiece& piece) {
  if (!piece.head->expects_continue() || piece.last || !piece.body.empty()) return;
  connection_->output().append("HTTP/1.1 100 Continue\r\n\r\n");
}

void Exchange::take_body(const HttpPiece& piece) {
  body_bytes_ += piece.body.size();
  if (body_bytes_ > max_body()) {
    reader_.reset();
    return reply_status(413);
  }
  if (reads()) {
    const auto read = [&](Response& response) { reader_->read(piece.body, piece.last, response); };
    answer(read, !piece.last);
    if (whole_ || answered_) reader_.reset();
    return;
  }
  body_ += piece.body;
  if (piece.last) call_handler(head_, body_);
}

void Exchange::call_handler(const HttpHead& head, std::string_view body) {
  const Request request(head, body, match_, connection_->peer());
  const auto handle = [&](Response& response) { match_.route->handler(request, response); };
  answer(handle, match_.route->streams_body);
}

bool Exchange::may_answer() const {
  if (!answered_ && connection_->is_open()) return true;
  if (connection_->is_open()) WEIR_LOG(kWarning, "a second answer to one request is dropped");
  return false;
}

void Exchange::reply(const Response& response, std::string_view body) {
  if (!may_answer()) return;
  HttpReply reply;
  reply.status = response.status_;
  if (reply.has_body()) reply.content_type = response.content_type_;
  reply.fields = response.fields_.lines();
  reply.length = body.size();
  write(reply, body);
  finish();
}

void Exchange::reply(const Response& response, const std::vector<BodyPart>& parts) {
  if (!may_answer()) return;
  HttpReply reply;
  reply.status = response.status_;
  reply.content_type = response.content_type_;
  reply.fields = response.fields_.lines();
  for (const BodyPart& part : parts) reply.length += part.bytes.size() + part.file.size;
  write(reply, {});
  if (!head_only_ && reply.has_body()) {
    for (const BodyPart& part : parts) {
      connection_->output().append(part.bytes);
      write_file(part.file);
    }
  }
  finish();
}

// A small part is cheaper to copy than to have a system call of its own.
void Exchange::write_file(const FilePiece& piece) {
  constexpr std::size_t kCopied = 16 * 1024;
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

void Exchange::reply_status(int status, const codec::HttpFields& fields) {
  if (!may_answer()) return;
  HttpReply reply;
  reply.status = status;
  reply.fields = fields.lines();
  std::string body;
  if (reply.has_body()) {
    reply.content_type = "text/plain; charset=utf-8";
    body = std::to_string(status) + " " + std::string(codec::http_reason(status)) + "\n";
  }
  reply.length = body.size();
  write(reply, body);
  finish();
}

void Exchange::write(HttpReply& reply, std::string_view body) {
  if (!whole_) keep_alive_ = false;  // what is left of the body is not read
  reply.date = shard_->date();
  if (!keep_alive_) {
    reply.connection = "close";
  } else if (http_1_0_) {
    reply.connection = "keep-alive";
  }
  const bool sized = reply.framing == HttpReply::Framing::kLength;
  const bool sends_body = !head_only_ && reply.has_body();
  if (sized && sends_body) body_sent_ = reply.length;
  status_ = reply.status;
  begun_ = true;
  codec::write_reply(connection_->output(), reply, sends_body ? body : std::string_view());
  answered_ = true;
  later_ = awaited_ = false;
}

void Exchange::start_stream(const Response& response, std::unique_ptr<BodyWriter> writer,
                            bool sized, std::uint64_t length) {
  if (!may_answer()) return;
  HttpReply reply;
  reply.status = response.status_;
  reply.fields = response.fields_.lines();
  reply.content_type = response.content_type_;
  reply.length = length;
  if (!sized) {
    reply.framing = http_1_0_ ? HttpReply::Framing::kUntilClose : HttpReply::Framing::kChunked;
    if (http_1_0_) keep_alive_ = false;
  }
  write(reply, {});
  if (head_only_ || !reply.has_body()) return finish();
  body_sent_ = 0;
  if (sized) length_ = length;
  chunked_ = reply.framing == HttpReply::Framing::kChunked;
  writer_ = std::move(writer);
  awaited_ = true;
  pump();
}

void Exchange::pump() {
  if (writer_ == nullptr || !connection_->is_open()) return;
  BodySink sink(*connection_, chunked_,
                Waker(shard_->server().engine(), connection_->id(), number_), body_sent_);
  auto wrote = BodyWriter::Wrote::kMore;
  while (wrote == BodyWriter::Wrote::kMore && !connection_->output_full()) {
    wrote = writer_->write(sink);
    if (body_sent_ > length_) wrote = BodyWriter::Wrote::kBroken;
  }
  waits_ = wrote == BodyWriter::Wrote::kWait;
  connection_->flush_later();
  if (wrote == BodyWriter::Wrote::kMore || waits_) return;
  const bool short_of_it = length_ != kNoLength && body_sent_ != length_;
  if (wrote == BodyWriter::Wrote::kBroken || short_of_it) return fail();
  writer_.reset();
  awaited_ = false;
  if (chunked_) codec::write_last_chunk(connection_->output());
  finish();
}

void Exchange::finish() {
  complete_ = true;
  note();
  if (!keep_alive_ && !closed_elsewhere_) connection_->close_after_flush();
}

// Once for each answer, whether it was made to its end or not.
void Exchange::note() {
  shard_->note_answer(status_, began_us_);
  if (shard_->server().access_log() == nullptr) return;
  if (log_entry_ == nullptr) log_request(nullptr);
  shard_->log(*log_entry_, status_, body_sent_);
}

void Exchange::log_request(const HttpHead* head) {
  std::string line;
  std::string_view referer;
  std::string_view user_agent;
  if (head != nullptr) {
    line.append(codec::http_method_name(head->method())).append(" ").append(head->target());
    line.append(head->minor_version() == 1 ? " HTTP/1.1" : " HTTP/1.0");
    referer = head->find("Referer");
    user_agent = head->find("User-Agent");
  }
  log_entry_ = std::make_unique<LogEntry>(
      make_log_entry(host_of(connection_->peer()), shard_->seconds(), line, referer, user_agent));
}

Later Exchange::await_later() {
  later_ = awaited_ = true;
  return Later(shard_->server().engine(), connection_->id(), number_);
}

void Exchange::read_body(std::unique_ptr<BodyReader> reader) { reader_ = std::move(reader); }

void Exchange::answer_late(const std::function<void(Response&)>& task) {
  if (!later_) return;
  later_ = awaited_ = false;
  answer(task, false);
  connection_->flush_later();
}

}  // namespace weir::http
