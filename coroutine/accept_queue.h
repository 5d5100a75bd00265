// Connections that wait for a coroutine to take them: a server's loop as Go writes it.
//
//   Task<> serve_all(AcceptQueue& queue) {
//     co_await with_scope([&](Scope& scope) -> Task<> {
//       while (auto stream = co_await queue.accept()) scope.spawn(serve(std::move(*stream)));
//     });
//   }
//   engine.listen(address, coroutines.service(serve_all));
//
// Each reactor has one, with the connections that it has accepted, and a coroutine that takes them;
// where that ends, the next connection begins another. A child that throws costs its scope, and all
// that are in it: what may fail is to be caught in the child.
//
// The reactor's thread. Bounds: kMaxWaiting connections wait, the next is closed.
#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <stdexcept>

#include "core/reactor.h"
#include "core/tenant.h"
#include "coroutine/context.h"
#include "coroutine/stream.h"

namespace weir {

class AcceptQueue final : private Tenant {
 public:
  static constexpr std::size_t kMaxWaiting = 1024;

  class Accept final : public Operation {
   public:
    explicit Accept(AcceptQueue& queue) : queue_(queue) {}

    bool await_ready() const { return !queue_.waiting_.empty() || queue_.stopping_; }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> coroutine) {
      if (queue_.acceptor_ != nullptr) throw std::logic_error("two coroutines accept at a time");
      if (!suspend(coroutine)) return false;
      queue_.acceptor_ = this;
      return true;
    }
    // None: the reactor stops, or a successor serves, and no more come.
    std::optional<Stream> await_resume();

   private:
    friend class AcceptQueue;
    void abandon() override { queue_.acceptor_ = nullptr; }
    void go_on() {
      queue_.acceptor_ = nullptr;
      resume();
    }

    AcceptQueue& queue_;
  };

  // `reactor` outlives it.
  explicit AcceptQueue(Reactor& reactor);
  ~AcceptQueue() override;
  AcceptQueue(const AcceptQueue&) = delete;
  AcceptQueue& operator=(const AcceptQueue&) = delete;

  // One coroutine at a time.
  Accept accept() { return Accept(*this); }
  void add(Stream stream);
  bool empty() const { return waiting_.empty(); }
  // That no more come, though more may: connections that were dealt before are on their way.
  bool end_told() const { return end_told_; }
  // How many it has given out.
  std::uint64_t taken() const { return taken_; }
  // Closes what waits.
  void clear() { waiting_.clear(); }

 private:
  void begin_retirement() override { end(); }
  void begin_stop() override { end(); }
  void end();

  Reactor& reactor_;
  std::deque<Stream> waiting_;
  Accept* acceptor_ = nullptr;
  bool stopping_ = false;
  bool end_told_ = false;
  std::uint64_t taken_ = 0;
};

}  // namespace weir
