// The coroutines of one reactor that nobody waits for: those of its connections, and those that
// were started beside them. What is left of them when it is destroyed is destroyed with it.
//
// When the reactor stops, connections drain as ever, and what belongs to none is cancelled at once;
// at the deadline everything is.
//
// Thread rule: the reactor's thread, but made before its run() and destroyed after it.
#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <utility>

#include "core/reactor.h"
#include "core/tenant.h"
#include "coroutine/child.h"
#include "coroutine/task.h"

namespace weir {

class Engine;

class Nursery final : private Tenant {
 public:
  // Gets what the task let out, nullptr where it ended in order or was cancelled.
  using Done = std::function<void(std::exception_ptr)>;

  class Root;

  // Both outlive it.
  Nursery(Engine& engine, Reactor& reactor);
  ~Nursery() override;
  Nursery(const Nursery&) = delete;
  Nursery& operator=(const Nursery&) = delete;

  Reactor& reactor() const { return reactor_; }
  std::size_t size() const { return size_; }

  // Begins what `make` gives, and keeps `make`, which may be a lambda with captures, as long as it
  // runs. `done` is called at its end, or where `make` throws, maybe within; it must not throw.
  // Cancelled when the reactor begins to stop.
  void start(std::function<Task<>()> make, const Done& done);
  // The same of one that has more to it.
  void start(std::unique_ptr<Root> root);

 private:
  void add(std::unique_ptr<Root> root);
  void remove(Root& root);
  void cancel_all(bool with_connections);
  void begin_stop() override;
  // Who retires waits for its connections' only.
  bool has_drained() const override {
    return reactor_.is_stopping() ? size_ == 0 : with_connections_ == 0;
  }
  void end_stop() override;

  Engine& engine_;
  Reactor& reactor_;
  std::size_t size_ = 0;
  Root* first_ = nullptr;
  std::size_t with_connections_ = 0;
};

class Nursery::Root : public Child<void> {
 public:
  // `with_connection`: it lives as long as one, and is cancelled at the end of a stop only.
  Root(Task<> task, bool with_connection)
      : Child(std::move(task)), with_connection_(with_connection) {}

 private:
  friend class Nursery;
  // Its end, as Done.
  virtual void done(std::exception_ptr error) = 0;
  std::coroutine_handle<> ended() final;

  const bool with_connection_;
  Nursery* nursery_ = nullptr;
  // In a ring of them, which their nursery owns: a node each would cost a connection 32 bytes.
  Root* next_ = nullptr;
  Root* previous_ = nullptr;
};

}  // namespace weir
