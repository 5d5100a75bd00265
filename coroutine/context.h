// What a coroutine runs under: its reactor, and whether it has been cancelled.
//
//   connection's context
//     |- an operation: read(), sleep_for(), ...     that it waits for
//     |- the context of a child                     of a scope, of when_any(), ...
//          |- an operation ...
//
// To cancel a context is to cancel all that is below it: the operation at hand throws Cancelled out
// of its co_await, and so does each that would have to wait later. The coroutine unwinds, and
// whoever waits for its end learns of it as of any other end. It is the end of a coroutine and
// nothing else: bytes, ends of streams and failures of peers are values.
//
// Thread rule: that of its reactor, but for is_cancelled().
#pragma once

#include <atomic>
#include <coroutine>
#include <utility>

#include "core/reactor.h"

namespace weir {

class Engine;

// No std::exception, so that who catches those lets it pass.
class Cancelled {};

// An entry of the ring of what a context has below it.
class Cancellable {
 public:
  Cancellable() = default;
  virtual ~Cancellable() { unlink(); }
  Cancellable(const Cancellable&) = delete;
  Cancellable& operator=(const Cancellable&) = delete;

  virtual void cancel() = 0;

  void link_behind(Cancellable& other) {
    next_ = other.next_;
    previous_ = &other;
    next_->previous_ = this;
    other.next_ = this;
  }
  void unlink() {
    next_->previous_ = previous_;
    previous_->next_ = next_;
    next_ = previous_ = this;
  }

  // Leaves the ring of `head` to this one.
  void take_ring(Cancellable& head) {
    if (!head.is_linked()) return;
    link_behind(head);
    head.unlink();
  }
  bool is_linked() const { return next_ != this; }
  Cancellable& next() const { return *next_; }

 private:
  Cancellable* next_ = this;
  Cancellable* previous_ = this;
};

class Context final : private Cancellable {
 public:
  ~Context() override;

  // Once, before anything else: of a coroutine that nobody waits for.
  void begin(Engine& engine, Reactor& reactor) {
    engine_ = &engine;
    reactor_ = &reactor;
  }
  // Of a child; it ends before its parent.
  void begin(Context& parent);
  bool has_begun() const { return reactor_ != nullptr; }

  Engine& engine() const { return *engine_; }
  Reactor& reactor() const { return *reactor_; }

  // Any thread.
  bool is_cancelled() const { return cancelled_.load(std::memory_order_relaxed); }
  // May end the coroutines below, and with them this context.
  void cancel() override;

  void add(Cancellable& below);

 private:
  // What is below, in a ring of its own: the base class is the entry in the parent's.
  struct Head final : Cancellable {
    void cancel() override {}
  };

  Engine* engine_ = nullptr;
  Reactor* reactor_ = nullptr;
  Head below_;
  std::atomic<bool> cancelled_{false};
};

// What a coroutine waits for on its reactor. Awaitables derive from it:
//
//   template <class Promise>
//   bool await_suspend(std::coroutine_handle<Promise> coroutine) {
//     if (!suspend(coroutine)) return false;
//     ... begin; when it has ended, resume() ...
//     return true;
//   }
//   auto await_resume() { check(); ... }
class Operation : private Cancellable {
 public:
  bool is_pending() const { return static_cast<bool>(coroutine_); }

 protected:
  // False: the coroutine has been cancelled, and check() will say so.
  template <class Promise>
  bool suspend(std::coroutine_handle<Promise> coroutine) {
    Context& context = coroutine.promise().context();
    cancelled_ = context.is_cancelled();
    if (cancelled_) return false;
    coroutine_ = coroutine;
    context.add(*this);
    return true;
  }
  // It could not begin: await_suspend() returns false after all.
  void undo() {
    unlink();
    coroutine_ = {};
  }
  // The last that it does: the coroutine may destroy it.
  void resume() {
    unlink();
    std::exchange(coroutine_, {}).resume();
  }
  void check() const {
    if (cancelled_) throw Cancelled();
  }

 private:
  // Nothing that was begun may come back after this.
  virtual void abandon() = 0;

  void cancel() final {
    abandon();
    cancelled_ = true;
    resume();
  }

  std::coroutine_handle<> coroutine_;
  bool cancelled_ = false;
};

}  // namespace weir
