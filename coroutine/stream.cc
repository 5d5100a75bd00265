#include "coroutine/stream.h"

#include <new>
#include <stdexcept>

#include "base/check.h"

namespace weir {

Stream::Stream(StreamSession& session)
    : reactor_(&session.connection().reactor()), session_(&session) {
  session_->belong_to(this);
}

Stream::Stream(Stream&& other) noexcept
    : reactor_(other.reactor_),
      session_(std::exchange(other.session_, nullptr)),
      reason_(std::move(other.reason_)),
      end_told_(other.end_told_),
      close_told_(other.close_told_) {
  if (session_ != nullptr) session_->belong_to(this);
}

Stream& Stream::operator=(Stream&& other) noexcept {
  if (this == &other) return *this;
  close();
  reactor_ = other.reactor_;
  session_ = std::exchange(other.session_, nullptr);
  reason_ = std::move(other.reason_);
  end_told_ = other.end_told_;
  close_told_ = other.close_told_;
  if (session_ != nullptr) session_->belong_to(this);
  return *this;
}

Connection& Stream::connection() const {
  WEIR_CHECK(is_open());
  return session_->connection();
}

// Its session lives on until the connection has closed.
void Stream::close() {
  if (session_ == nullptr) return;
  session_->belong_to_nobody();
  // Contained: this is a destructor's, and what is refused costs the connection.
  std::exchange(session_, nullptr)->connection().run([](Connection* connection) {
    connection->close_after_flush();
  });
}

void Stream::abort(Status reason) {
  if (session_ == nullptr) return;
  session_->belong_to_nobody();
  std::exchange(session_, nullptr)->connection().abort(std::move(reason));
}

void Stream::end() {
  if (is_open()) session_->connection().end_output();
}

void Stream::connection_has_closed(const Status& reason) noexcept {
  session_ = nullptr;
  try {
    if (!reason.is_ok()) reason_ = std::make_unique<const Status>(reason);
  } catch (const std::bad_alloc&) {
    reason_ = nullptr;  // it does without
  }
}

// True: what the reader wants is there, or no more comes.
bool Stream::is_ready(Reader& reader) {
  if (end_told_) throw std::logic_error("a coroutine reads behind the end of its stream");
  return session_ == nullptr || session_->take_now(reader) || session_->input_ended();
}

bool Stream::Read::take(std::string_view unread, std::size_t& consumed) {
  if (unread.empty()) return false;
  value_ = unread;
  consumed = unread.size();
  return true;
}

bool Stream::ReadExactly::take(std::string_view unread, std::size_t& consumed) {
  if (unread.size() < size_) return false;
  value_ = unread.substr(0, size_);
  consumed = size_;
  return true;
}

bool Stream::Write::await_ready() {
  if (!stream_.is_open()) return true;
  Connection& connection = stream_.connection();
  connection.write(bytes_);
  return !connection.output_full();
}

bool Stream::Write::await_resume() {
  check();
  if (stream_.is_open()) return true;
  if (std::exchange(stream_.close_told_, true)) {
    throw std::logic_error("a coroutine goes on writing to a stream that has closed");
  }
  return false;
}

}  // namespace weir
