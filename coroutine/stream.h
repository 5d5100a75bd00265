// A connection as a coroutine sees it:
//
//   Task<> echo(Stream peer) {
//     while (auto bytes = co_await peer.read()) co_await peer.write(*bytes);
//   }
//
// What read(), read_exactly() and read_frame() give is a view of the input where the reactor put
// it, which ends with the next co_await. write() may still be given it, as it copies what it can't
// send; what goes to a pool, or waits first, needs a copy of its own. No value: the stream has
// ended, by its peer or altogether. A stream that a coroutine serves (Coroutines::service()) takes
// the coroutine with it when it closes, which then sees Cancelled; others just end. To read on
// behind the end throws.
//
// A stream closes its connection, behind what was written, when it is destroyed.
//
// Thread rule: its reactor's thread, the destructor too; a coroutine that is elsewhere comes back
// by `co_await on(stream)`. One coroutine reads at a time and one writes.
#pragma once

#include <coroutine>
#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "base/status.h"
#include "codec/frame.h"
#include "core/connection.h"
#include "core/reactor.h"
#include "coroutine/stream_session.h"

namespace weir {

class Stream {
 public:
  template <class Value>
  class ReadOperation;
  class Read;
  class ReadExactly;
  template <class Codec>
  class ReadFrame;
  class Write;

  // Of a connection that `session` belongs to.
  explicit Stream(StreamSession& session);
  Stream(Stream&& other) noexcept;
  Stream& operator=(Stream&& other) noexcept;
  ~Stream() { close(); }

  // What has arrived, at least a byte: std::optional<std::string_view>.
  Read read();
  // So many bytes, not fewer: std::optional<std::string_view>. At most Connection::kMaxUnread.
  ReadExactly read_exactly(std::size_t size);
  // The next frame of `codec`, which outlives it and stays with the stream: what it leaves out is
  // left out here, and where it can't go on the connection closes, for codec.error(), and the
  // stream has ended. std::optional<Codec::Frame>.
  template <class Codec>
  ReadFrame<Codec> read_frame(Codec& codec);
  // Queues `bytes`, and waits while the output is full. False: the stream has closed. Behind end()
  // they are dropped.
  Write write(std::string_view bytes);

  // Nothing more is written; the peer learns of it behind what was. Reading goes on: the stream
  // closes when both sides have ended.
  void end();
  // Closes behind what was written, and without it.
  void close();
  void abort(Status reason = Status::ok());

  bool is_open() const { return session_ != nullptr && session_->connection().is_open(); }
  // Of a connection that has closed: success where either side did so in order.
  Status reason() const { return reason_ != nullptr ? *reason_ : Status::ok(); }
  // For everything else. REQUIRES: is_open().
  Connection& connection() const;
  Reactor& reactor() const { return *reactor_; }

 private:
  friend class StreamSession;
  void connection_has_closed(const Status& reason) noexcept;
  bool is_ready(Reader& reader);
  void note_end() { end_told_ = true; }

  Reactor* reactor_;
  StreamSession* session_;
  std::unique_ptr<const Status> reason_;  // not of many
  bool end_told_ = false;                 // to the reader
  bool close_told_ = false;               // to the writer
};

template <class Value>
class Stream::ReadOperation : public Reader {
 public:
  explicit ReadOperation(Stream& stream) : stream_(stream) {}

  bool await_ready() { return stream_.is_ready(*this); }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> coroutine) {
    if (!suspend(coroutine)) return false;
    session_ = stream_.session_;
    session_->wait(*this);
    return true;
  }
  std::optional<Value> await_resume() {
    check();
    if (!value_) stream_.note_end();
    return value_;
  }

 protected:
  Stream& stream() const { return stream_; }

  std::optional<Value> value_;

 private:
  void abandon() override { session_->forget(*this); }

  Stream& stream_;
  StreamSession* session_ = nullptr;  // where it waits, which the stream may have left
};

class Stream::Read final : public ReadOperation<std::string_view> {
 public:
  using ReadOperation::ReadOperation;

 private:
  bool take(std::string_view unread, std::size_t& consumed) override;
};

class Stream::ReadExactly final : public ReadOperation<std::string_view> {
 public:
  ReadExactly(Stream& stream, std::size_t size) : ReadOperation(stream), size_(size) {}

 private:
  bool take(std::string_view unread, std::size_t& consumed) override;

  const std::size_t size_;
};

template <class Codec>
class Stream::ReadFrame final : public ReadOperation<typename Codec::Frame> {
 public:
  ReadFrame(Stream& stream, Codec& codec)
      : ReadOperation<typename Codec::Frame>(stream), codec_(codec) {}

  std::optional<typename Codec::Frame> await_resume() {
    const bool closes = failed_ && this->stream().is_open();
    if (closes) {
      this->stream().connection().close_after_flush(Status::error(codec_.error().message()));
    }
    return ReadOperation<typename Codec::Frame>::await_resume();
  }

 private:
  bool take(std::string_view unread, std::size_t& consumed) override {
    for (;;) {
      const auto step = codec_.next(unread.substr(consumed));
      consumed += step.consumed;
      switch (step.outcome) {
        case codec::Outcome::kFrame:
          this->value_ = step.frame;
          return true;
        case codec::Outcome::kFailed:
          failed_ = true;
          return true;
        case codec::Outcome::kNeedMore:
          return false;
        case codec::Outcome::kSkipped:
          break;
      }
    }
  }

  Codec& codec_;
  bool failed_ = false;  // by a fault of the peer's, which ends the stream
};

class Stream::Write final : public Writer {
 public:
  Write(Stream& stream, std::string_view bytes) : stream_(stream), bytes_(bytes) {}

  bool await_ready();
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> coroutine) {
    if (!suspend(coroutine)) return false;
    session_ = stream_.session_;
    session_->wait(*this);
    return true;
  }
  bool await_resume();

 private:
  void abandon() override { session_->forget(*this); }

  Stream& stream_;
  const std::string_view bytes_;
  StreamSession* session_ = nullptr;
};

inline Stream::Read Stream::read() { return Read(*this); }
inline Stream::ReadExactly Stream::read_exactly(std::size_t size) {
  return ReadExactly(*this, size);
}
template <class Codec>
Stream::ReadFrame<Codec> Stream::read_frame(Codec& codec) {
  if constexpr (requires { codec.release(); }) codec.release();  // the frame before is done with
  return ReadFrame<Codec>(*this, codec);
}
inline Stream::Write Stream::write(std::string_view bytes) { return Write(*this, bytes); }

}  // namespace weir
