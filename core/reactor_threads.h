// The reactors of a process, each on a thread: the first on the caller's, the others on threads of
// their own, all on the CPUs they were given.
// run() on one thread.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "base/status.h"
#include "core/reactor.h"
#include "core/sockets.h"

namespace weir {

class ReactorThreads {
 public:
  // All outlive it. Reactor i runs on cpus[i mod their number]; empty: anywhere.
  ReactorThreads(std::span<const std::unique_ptr<Reactor>> reactors, std::span<const int> cpus,
                 Sockets& sockets)
      : reactors_(reactors), cpus_(cpus), sockets_(sockets) {}

  // Calls `started` when all threads are there, and returns when all have stopped; an error where
  // one could not be made, and none serves. The first may stop long before others, and what it
  // watched must still be heard then: `on_watched` is called whenever `watched` is readable, -1:
  // nothing.
  Status run(int watched, const std::function<void()>& on_watched,
             const std::function<void()>& started);

 private:
  Status start_others(int done);
  void await_others(int watched, const std::function<void()>& on_watched, int done);

  std::span<const std::unique_ptr<Reactor>> reactors_;
  std::span<const int> cpus_;
  Sockets& sockets_;
  std::vector<std::thread> threads_;
};

// Binds the calling thread, which is reactor or process `number` of those that share `cpus`.
void bind_to_cpu(std::span<const int> cpus, std::size_t number);

}  // namespace weir
