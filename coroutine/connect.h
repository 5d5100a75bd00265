// The client side:
//
//   Result<Stream> upstream = co_await connect("tcp://127.0.0.1:6379", 1s);
//
// On this coroutine's reactor. The error says what failed, as core/connector.h.
#pragma once

#include <chrono>
#include <coroutine>
#include <memory>
#include <string>
#include <utility>

#include "base/status.h"
#include "core/connector.h"
#include "core/engine.h"
#include "coroutine/context.h"
#include "coroutine/stream.h"

namespace weir {

class Connect final : public Operation {
 public:
  Connect(std::string address, Connector::Options options)
      : address_(std::move(address)), options_(std::move(options)) {}
  ~Connect() override {
    if (waiting_ != nullptr) waiting_->connect = nullptr;
  }

  bool await_ready() const noexcept { return false; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> coroutine) {
    if (!suspend(coroutine)) return false;
    if (begin(coroutine.promise().context())) return true;
    undo();
    return false;
  }
  Result<Stream> await_resume() {
    check();
    return std::move(result_);
  }

 private:
  // Outlives this where it is cancelled, as the connect may have ended by then.
  struct Waiting {
    Connect* connect;
  };

  bool begin(const Context& context);
  void abandon() override;

  const std::string address_;
  const Connector::Options options_;
  Engine* engine_ = nullptr;
  ConnectId id_;
  std::shared_ptr<Waiting> waiting_;  // shared with the connector's callback
  Result<Stream> result_ = Status::error("not connected");
};

inline Connect connect(std::string address, Connector::Options options) {
  return Connect(std::move(address), std::move(options));
}
// `timeout` is for the name, and for each of its addresses.
inline Connect connect(std::string address, std::chrono::milliseconds timeout) {
  Connector::Options options;
  options.timeout_ms = static_cast<int>(timeout.count());
  return Connect(std::move(address), std::move(options));
}

}  // namespace weir
