// A session made of functions, for tests that each need another one.
//
// On the connection's reactor, as every session. A hook that is not set does what Session does;
// without `handle` the input is consumed.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "core/connection.h"
#include "core/session.h"

namespace weir::fakes {

struct Hooks {
  std::function<Decoded(InputBuffer&)> decode = nullptr;
  std::function<void(Connection&)> handle = nullptr;
  std::function<void(Connection&)> ended = nullptr;
  std::function<void(Connection&)> flushed = nullptr;
  std::function<void(Connection&)> writable = nullptr;
  std::function<void(Connection&)> moved = nullptr;
  std::function<void(Connection&, const Status&)> closed = nullptr;
};

class HookedSession final : public Session {
 public:
  explicit HookedSession(Hooks hooks) : hooks_(std::move(hooks)) {}

  Decoded decode(InputBuffer& input) override {
    return hooks_.decode ? hooks_.decode(input) : Session::decode(input);
  }
  void handle(Connection& connection) override {
    return hooks_.handle ? hooks_.handle(connection) : connection.consume_all();
  }
  void ended(Connection& connection) override {
    if (hooks_.ended) hooks_.ended(connection);
  }
  void flushed(Connection& connection) override {
    if (hooks_.flushed) hooks_.flushed(connection);
  }
  void writable(Connection& connection) override {
    if (hooks_.writable) hooks_.writable(connection);
  }
  void moved(Connection& connection) override {
    if (hooks_.moved) hooks_.moved(connection);
  }
  void closed(Connection& connection, const Status& reason) override {
    if (hooks_.closed) hooks_.closed(connection, reason);
  }

 private:
  const Hooks hooks_;
};

// A service whose every session has these hooks.
inline Service serve(Hooks hooks) {
  return [hooks = std::move(hooks)](Connection&) { return std::make_unique<HookedSession>(hooks); };
}

inline void echo(Connection& connection) {
  connection.write(connection.unread());
  connection.consume_all();
}

// Sends back what it is sent.
inline Service serve_echo() { return serve({.handle = echo}); }

}  // namespace weir::fakes
