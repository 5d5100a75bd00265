// The session behind a Stream: what the reactor tells of the connection goes to the operation of a
// coroutine that waits for it.
//
// While nobody waits for input the connection is held: its coroutine is at something else, and
// input of at most Connection::kHeldInput waits for it.
//
// Thread rule: that of core/session.h.
#pragma once

#include <cstddef>
#include <string_view>

#include "core/connection.h"
#include "core/session.h"
#include "coroutine/context.h"

namespace weir {

class Stream;

// An operation that waits for input.
class Reader : public Operation {
 public:
  // Whether what is unread suffices; `consumed` is what the reader has taken, or skips.
  virtual bool take(std::string_view unread, std::size_t& consumed) = 0;
  void input_is_there() { resume(); }
  void input_has_ended() { resume(); }

 protected:
  ~Reader() override = default;
};

// One that waits for room in the output.
class Writer : public Operation {
 public:
  void room_is_there() { resume(); }
  void stream_has_closed() { resume(); }

 protected:
  ~Writer() override = default;
};

// Who serves a stream, and has no business without it.
class StreamServer {
 public:
  // By its peer, or by who else has a say.
  virtual void stream_has_closed() = 0;
  // By the server itself.
  virtual void stream_was_given_up() = 0;

 protected:
  ~StreamServer() = default;
};

class StreamSession final : public Session {
 public:
  explicit StreamSession(Connection& connection);
  ~StreamSession() override;

  Connection& connection() const { return connection_; }
  void belong_to(Stream* stream) { stream_ = stream; }
  // Its stream is gone.
  void belong_to_nobody();
  // Learns of its end before who waits for it. nullptr: nobody.
  void serve_by(StreamServer* server) { server_ = server; }

  // Whether the reader has what it wants of the input that is there already.
  bool take_now(Reader& reader);
  // No more input comes.
  bool input_ended() const { return input_ended_ || !connection_.is_open(); }
  void wait(Reader& reader);
  void wait(Writer& writer);
  void forget(const Reader& reader);
  void forget(const Writer& writer);

 private:
  Decoded decode(InputBuffer& input) override;
  void handle(Connection& connection) override;
  void ended(Connection& connection) override;
  void writable(Connection& connection) override;
  void closed(Connection& connection, const Status& reason) override;
  Reader& take_reader();

  Connection& connection_;
  Stream* stream_ = nullptr;
  Reader* reader_ = nullptr;
  Writer* writer_ = nullptr;
  StreamServer* server_ = nullptr;
  bool input_ended_ = false;
};

}  // namespace weir
