#include "coroutine/stream_session.h"

#include <stdexcept>
#include <utility>

#include "base/check.h"
#include "coroutine/stream.h"

namespace weir {

StreamSession::StreamSession(Connection& connection) : connection_(connection) {
  connection_.pin();
  connection_.hold();
}

// One whose service failed was never closed().
StreamSession::~StreamSession() {
  if (stream_ != nullptr) stream_->connection_has_closed(Status::ok());
}

void StreamSession::belong_to_nobody() {
  stream_ = nullptr;
  if (server_ != nullptr) std::exchange(server_, nullptr)->stream_was_given_up();
}

bool StreamSession::take_now(Reader& reader) {
  WEIR_DCHECK(connection_.reactor().in_thread());
  if (reader_ != nullptr) throw std::logic_error("two coroutines read from one stream at a time");
  std::size_t consumed = 0;
  const bool has_it = reader.take(connection_.unread(), consumed);
  connection_.consume(consumed);
  return has_it;
}

void StreamSession::wait(Reader& reader) {
  reader_ = &reader;
  connection_.release();
}

void StreamSession::wait(Writer& writer) {
  if (writer_ != nullptr) throw std::logic_error("two coroutines write to one stream at a time");
  writer_ = &writer;
}

Reader& StreamSession::take_reader() {
  connection_.hold();
  return *std::exchange(reader_, nullptr);
}

void StreamSession::forget(const Reader& reader) {
  if (reader_ == &reader) take_reader();
}

void StreamSession::forget(const Writer& writer) {
  if (writer_ == &writer) writer_ = nullptr;
}

// The reader looks in handle(): one that is cancelled has taken nothing then.
Decoded StreamSession::decode(InputBuffer& input) {
  return reader_ != nullptr && !input.empty() ? Decoded::kReady : Decoded::kNeedMore;
}

void StreamSession::handle(Connection&) {
  if (reader_ == nullptr) return;
  std::size_t consumed = 0;
  const bool has_it = reader_->take(connection_.unread(), consumed);
  connection_.consume(consumed);
  if (has_it) take_reader().input_is_there();
}

void StreamSession::ended(Connection&) {
  input_ended_ = true;
  if (reader_ != nullptr) take_reader().input_has_ended();
}

void StreamSession::writable(Connection&) {
  if (writer_ != nullptr) std::exchange(writer_, nullptr)->room_is_there();
}

// One after the other: each may end coroutines, and with them what else waits here.
void StreamSession::closed(Connection&, const Status& reason) {
  if (server_ != nullptr) std::exchange(server_, nullptr)->stream_has_closed();
  if (stream_ != nullptr) std::exchange(stream_, nullptr)->connection_has_closed(reason);
  if (reader_ != nullptr) take_reader().input_has_ended();
  if (writer_ != nullptr) std::exchange(writer_, nullptr)->stream_has_closed();
}

}  // namespace weir
