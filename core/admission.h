// Who is let in, and to whom he goes: accepted connections up to max_connections, each dealt to a
// reactor as the threading model says. Counts them all, under prefork over all processes, in memory
// that these share.
//
// open() on the main thread, before the engine runs or forks; connections() on any thread; what
// dealer() returns on the thread of the reactor that accepts.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/status.h"
#include "core/acceptor.h"
#include "core/address.h"
#include "core/balancer.h"
#include "core/options.h"
#include "core/reactor.h"
#include "core/shared_words.h"
#include "core/threading_model.h"

namespace weir {

class Admission {
 public:
  using Reactors = std::vector<std::unique_ptr<Reactor>>;

  // Both outlive it.
  Admission(const Options& options, const Reactors& reactors);
  Admission(const Admission&) = delete;
  Admission& operator=(const Admission&) = delete;

  // When all reactors are made.
  Status open();

  // For what `acceptor` accepts at `address`.
  Acceptor::Dealer dealer(const Address& address, Reactor& acceptor);

  // Of all processes.
  std::size_t connections() const;
  // Where a process of prefork counts its own.
  SharedWords::Word& load_of(std::uint32_t process) { return process_loads_[process]; }

 private:
  bool prefork() const { return options_.model == ThreadingModel::kPrefork; }
  bool admit(const Accepted& accepted, Reactor& acceptor);
  void deal(Accepted accepted);

  const Options& options_;
  const Placement placement_;
  const Reactors& reactors_;
  Balancer balancer_;
  std::vector<const std::atomic<std::uint32_t>*> worker_loads_;  // of the reactors that handle
  SharedWords process_loads_;
};

}  // namespace weir
