// What a user of the engine writes: a Session per connection, made by a Service.
//
// A byte's way through it: the reactor receives, decode() looks for whole requests in the unread
// input, handle() runs them and writes replies into the connection's output, and the reactor sends
// that output at the end of its tick, in one call.
//
// Thread rule: the engine calls every method on the thread of the connection's reactor, except
// that a threading model may call decode() on another thread while nobody else touches the
// session: decode() therefore uses its own members and the input, nothing shared.
#pragma once

#include <functional>
#include <memory>

#include "base/status.h"
#include "core/input_buffer.h"

namespace weir {

class Connection;

enum class Decoded {
  kNeedMore,  // not a whole request yet: called again when more input has arrived
  kReady,     // there is something to handle
};

class Session {
 public:
  virtual ~Session() = default;

  // Turns unread input into requests, at most a bounded batch. Input it has not consumed stays
  // where it is, and views into it live until handle() consumes it
  // or returns.
  virtual Decoded decode(InputBuffer& input) {
    return input.empty() ? Decoded::kNeedMore : Decoded::kReady;
  }

  // Runs what decode() found and consumes its input. An exception that escapes costs this one
  // connection, and is logged.
  virtual void handle(Connection& connection) = 0;

  // The peer has ended its stream, and what it sent has been handled, or left alone: no more comes.
  // Unless the connection is held from here on, it closes when everything is sent.
  virtual void ended(Connection& connection) { (void)connection; }

  // Everything that was written has been handed to the kernel.
  virtual void flushed(Connection& connection) { (void)connection; }

  // The output was full (Connection::output_full) and has fallen to the low watermark: a producer
  // that stopped may go on. Called before unread input is handled again.
  virtual void writable(Connection& connection) { (void)connection; }

  // The connection has moved to another reactor, where it has another id(); its timers have stayed
  // behind and find nobody.
  virtual void moved(Connection& connection) { (void)connection; }

  // The last call, exactly once, at the end of the tick in which the connection closed.
  // `reason` is success when either side closed in order.
  virtual void closed(Connection& connection, const Status& reason) {
    (void)connection;
    (void)reason;
  }
};

// Makes the session of a new connection, on the connection's reactor; may write a greeting.
// Several reactors call it at once: what it captures must be safe for that.
using Service = std::function<std::unique_ptr<Session>(Connection&)>;

}  // namespace weir
