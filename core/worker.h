// One process of prefork, on its side of the fork: serves with its reactor, hears its master's
// orders, and tells it once that it serves.
//
// The process' one thread.
#pragma once

#include <cstdint>
#include <functional>

#include "base/status.h"
#include "core/master.h"
#include "core/reactor.h"
#include "core/sockets.h"
#include "core/source.h"

namespace weir {

class Worker {
 public:
  using Obey = std::function<void(Master::Order order)>;

  // `orders`: where they are read. All references outlive it.
  Worker(std::uint32_t number, int orders, Master& master, Reactor& reactor, Obey obey);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Opens the reactor, which was made before the fork and must not be shared.
  Status open();
  // Serves until the reactor has stopped.
  void run();

 private:
  void hear();

  const std::uint32_t number_;
  const int orders_;
  Master& master_;
  Reactor& reactor_;
  const Obey obey_;
  Source* source_ = nullptr;  // the orders
};

}  // namespace weir
