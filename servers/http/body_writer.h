// Makes a response's body while it is sent, as fast as the peer takes it.
//
// Thread rule: that of its connection; Waker from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/connection.h"
#include "core/connection_id.h"
#include "core/engine.h"
#include "core/reactor.h"

namespace weir::http {

// Asks a writer that waits again. A harmless nothing once the body or the connection has ended.
class Waker {
 public:
  Waker(Engine& engine, ConnectionId id, std::uint32_t request)
      : engine_(&engine), id_(id), request_(request) {}
  void operator()() const;

 private:
  Engine* engine_;
  ConnectionId id_;
  std::uint32_t request_;
};

// Where a writer puts the body; takes care of chunks.
class BodySink {
 public:
  // Counts the body's bytes in `written`.
  BodySink(Connection& connection, bool chunked, const Waker& waker, std::uint64_t& written)
      : connection_(connection), chunked_(chunked), waker_(waker), written_(written) {}

  void append(std::string_view bytes);
  // The peer has to take some first: return kMore.
  bool full() const { return connection_.output_full(); }
  // The server stops: what has no end of its own ends now.
  bool stopping() const { return connection_.reactor().is_stopping(); }
  const Waker& waker() const { return waker_; }
  // As the waker, in `ms` milliseconds.
  void wake_after(std::int64_t ms);

 private:
  Connection& connection_;
  bool chunked_;
  Waker waker_;
  std::uint64_t& written_;
};

class BodyWriter {
 public:
  enum class Wrote : std::uint8_t {
    kMore,   // called again when the peer has room
    kWait,   // called again when it is woken
    kEnd,    // that was all
    kBroken  // it can't go on: the connection is reset, so that nobody takes it for the end
  };

  virtual ~BodyWriter() = default;
  // Writes until sink.full(), or until it has no more.
  virtual Wrote write(BodySink& sink) = 0;
};

}  // namespace weir::http
