#include "servers/http/session.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/reactor.h"
#include "servers/http/server.h"

namespace weir::http {

Session::Session(Shard& shard, Connection& connection)
    : FrameSession(codec::HttpRequests(shard.server().limits().head)),
      shard_(&shard),
      connection_(&connection) {
  wait_for(Waiting::kFirst);
  moving_ms_ = since_ms_;
  shard.watch(connection.id());
}

const Limits& Session::limits() const { return shard_->server().limits(); }

// It is the tick's, and stands still while decode() runs elsewhere.
std::uint32_t Session::now_ms() const { return static_cast<std::uint32_t>(reactor().now_ms()); }

void Session::wait_for(Waiting waiting) {
  waiting_ = waiting;
  since_ms_ = now_ms();
}

Decoded Session::decode(InputBuffer& input) {
  const Decoded decoded = FrameSession::decode(input);
  const bool begins = decoded == Decoded::kNeedMore && waiting_ == Waiting::kNext;
  if (begins && codec().in_request()) wait_for(Waiting::kHead);
  return decoded;
}

void Session::on_frame(Connection& connection, const codec::HttpPiece& piece) {
  if (piece.head != nullptr) {
    wait_for(Waiting::kBody);
    exchange_ = shard_->take_exchange();
    exchange_->begin(*shard_, connection, ++request_, piece);
  } else if (exchange_ != nullptr) {
    exchange_->go_on(piece);
  }
  if (piece.last) wait_for(Waiting::kAnswer);
  settle();
}

// Where a request is done, the next may come; where its answer comes later, nothing is read.
void Session::settle() {
  if (exchange_ == nullptr) return;
  if (exchange_->done()) {
    shard_->give_back(std::move(exchange_));
    wait_for(Waiting::kNext);
    if (std::exchange(parked_, false)) resume(*connection_);
  } else if (exchange_->awaited() && !parked_ && connection_->is_open()) {
    wait_for(Waiting::kAnswer);
    parked_ = true;
    pause(*connection_);
  }
}

void Session::on_failed(Connection&) { refuse(codec().error().status); }

void Session::refuse(int status) {
  if (exchange_ == nullptr) exchange_ = shard_->take_exchange();
  exchange_->refuse(*shard_, *connection_, status);
  shard_->give_back(std::move(exchange_));
}

void Session::answer_late(std::uint32_t request, const std::function<void(Response&)>& task) {
  if (exchange_ == nullptr || request != request_) return;
  exchange_->answer_late(task);
  settle();
}

void Session::wake(std::uint32_t request) {
  if (request == request_) pump();
}

void Session::pump() {
  if (exchange_ == nullptr) return;
  exchange_->pump();
  settle();
}

// Of a writer that stopped because the buffers of all were full, the output need not have been.
void Session::flushed(Connection&) {
  if (exchange_ != nullptr && exchange_->streams()) pump();
}

void Session::writable(Connection&) {
  if (exchange_ != nullptr && exchange_->streams()) pump();
}

void Session::moved(Connection& connection) {
  connection_ = &connection;
  shard_ = &shard_->server().shard(connection.reactor());
  taken_ = asked_ = 0;
  armed_ = false;
  if (exchange_ != nullptr) exchange_->move(*shard_, connection);
  shard_->watch(connection.id());
}

void Session::closed(Connection&, const Status&) {
  if (exchange_ != nullptr) exchange_->abandon();
  exchange_.reset();
}

// Until what is waited for is late; much where nothing is.
std::int64_t Session::left_ms() {
  const auto waited_ms = static_cast<std::int64_t>(now_ms() - since_ms_);
  switch (waiting_) {
    case Waiting::kFirst:
    case Waiting::kHead:
      return limits().head_ms - waited_ms;
    case Waiting::kNext:
      return limits().next_ms - waited_ms;
    case Waiting::kBody:
      if (waited_ms < limits().body_ms) return limits().body_ms - waited_ms;
      if (exchange_ == nullptr || !exchange_->body_is_in_time(limits().body_bytes())) return 0;
      since_ms_ = now_ms();  // the next span begins
      return limits().body_ms;
    case Waiting::kAnswer:
      break;
  }
  return INT64_MAX;
}

// The same for output, the kernel's too: it may hold megabytes for a peer that takes a byte a
// second. Output moves where a KiB of it was taken, or all that waited when it was last seen to.
std::int64_t Session::output_left_ms() {
  constexpr std::uint32_t kProgress = 1024;
  const int pending = reactor().sockets().pending_output(connection_->fd());
  const auto waits = static_cast<std::uint32_t>(std::max(pending, 0));
  const auto sent = static_cast<std::uint32_t>(connection_->bytes_sent());
  const std::uint32_t taken = sent - waits;
  const bool none = waits == 0 && connection_->output().empty();
  if (none || taken - taken_ >= std::min(kProgress, asked_ - taken_)) {
    taken_ = taken;
    asked_ = sent + static_cast<std::uint32_t>(
                        std::min<std::size_t>(connection_->output().size(), kProgress));
    moving_ms_ = now_ms();
  }
  if (none) return INT64_MAX;
  // Who still takes an answer can't begin the next request.
  if (waiting_ == Waiting::kNext) since_ms_ = now_ms();
  return limits().write_ms - static_cast<std::int64_t>(now_ms() - moving_ms_);
}

void Session::check_deadlines() {
  if (!connection_->is_open()) return;
  const std::int64_t output_ms = output_left_ms();
  if (output_ms <= 0) {
    shard_->counts().late.add();
    return connection_->abort(
        Status::error("the peer took nothing for " + std::to_string(limits().write_ms) + " ms"));
  }
  const std::int64_t left = left_ms();
  if (left <= 0) return close_late();
  const std::int64_t first = std::min(left, output_ms);
  if (armed_ || first >= limits().shortest_ms()) return;  // it is looked at before that
  armed_ = true;
  connection_->run_after(first, [](Connection* connection) {
    auto& session = static_cast<Session&>(connection->session());
    session.armed_ = false;
    session.check_deadlines();
  });
}

// Nothing is said to who has not begun to speak.
void Session::close_late() {
  shard_->counts().late.add();
  if (!codec().in_request()) return connection_->close();
  refuse(408);
  connection_->close_after_flush(Status::error("a request took too long to arrive"));
  connection_->flush_later();
}

}  // namespace weir::http
