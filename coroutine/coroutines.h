// The coroutines of an engine: a nursery for each of its reactors, and the services that start
// them.
//
//   Task<> echo(Stream peer) {                        // one for each connection, as in Go
//     while (auto bytes = co_await peer.read()) co_await peer.write(*bytes);
//   }
//
//   Engine engine(options);
//   Coroutines coroutines(engine);
//   engine.listen("tcp://127.0.0.1:9000", coroutines.service(echo));
//   return engine.run();
//
// A coroutine that throws costs its connection. What is left when the engine has stopped is
// destroyed with this. A pool that coroutines hop to is released before.
//
// Thread rule: made before the engine's run() and destroyed after it; start() from any thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>

#include "core/engine.h"
#include "core/session.h"
#include "coroutine/accept_queue.h"
#include "coroutine/nursery.h"
#include "coroutine/stream.h"
#include "coroutine/task.h"

namespace weir {

class Coroutines {
 public:
  // Called on each connection's reactor: what it captures must be safe for several at once.
  using Serve = std::function<Task<>(Stream)>;
  using ServeAll = std::function<Task<>(AcceptQueue&)>;

  // `engine` outlives it.
  explicit Coroutines(Engine& engine);
  ~Coroutines();
  Coroutines(const Coroutines&) = delete;
  Coroutines& operator=(const Coroutines&) = delete;

  // A coroutine for each connection; it is cancelled when that closes.
  Service service(Serve serve);
  // A coroutine for each reactor, which takes its connections one by one; begun with the first.
  Service service(ServeAll serve_all);

  // Begins what `make` gives on the reactor with that index, and keeps `make`, which may be a
  // lambda with captures, as long as it runs; cancelled when the reactor stops. `done` gets what it
  // let out, there. Where the reactor has ended neither is called.
  void start(std::uint32_t reactor, std::function<Task<>()> make, Nursery::Done done = nullptr);

  Nursery& nursery(const Reactor& reactor) { return nurseries_[reactor.index()]; }

 private:
  class Queues;

  Engine& engine_;
  std::deque<Nursery> nurseries_;  // by reactor
  std::deque<Queues> queues_;      // behind what waits there
};

}  // namespace weir
