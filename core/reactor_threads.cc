#include "core/reactor_threads.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>

#include <cstdint>
#include <cstring>
#include <iterator>
#include <string>
#include <system_error>
#include <thread>

#include "core/log.h"

namespace weir {

void bind_to_cpu(std::span<const int> cpus, std::size_t number) {
  if (cpus.empty()) return;
  const int cpu = cpus[number % cpus.size()];
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(cpu), &set);
  const int error = ::pthread_setaffinity_np(::pthread_self(), sizeof set, &set);
  if (error == 0) return;
  WEIR_LOG(kWarning, "reactor %zu is not bound to CPU %d: %s", number, cpu, ::strerror(error));
}

Status ReactorThreads::run(int watched, const std::function<void()>& on_watched,
                           const std::function<void()>& started) {
  const int done = sockets_.make_eventfd();
  if (done < 0) return Status::from_errno(-done, "cannot create an eventfd");
  const Status status = start_others(done);
  if (status.is_ok()) {
    started();
    bind_to_cpu(cpus_, 0);
    reactors_[0]->run();
    await_others(watched, on_watched, done);
  }
  for (std::thread& thread : threads_) thread.join();
  sockets_.close(done);
  return status;
}

Status ReactorThreads::start_others(int done) {
  try {
    for (std::size_t i = 1; i < reactors_.size(); ++i) {
      threads_.emplace_back([this, i, done] {
        ::pthread_setname_np(::pthread_self(), ("reactor-" + std::to_string(i)).c_str());
        bind_to_cpu(cpus_, i);
        reactors_[i]->run();
        const std::uint64_t one = 1;
        sockets_.write(done, &one, sizeof one);
      });
    }
  } catch (const std::system_error& error) {
    for (std::size_t i = 1; i <= threads_.size(); ++i) reactors_[i]->stop(0);
    return Status::error("cannot start " + std::to_string(reactors_.size()) +
                         " threads: " + error.what());
  }
  return Status::ok();
}

// `done` counts those that have stopped.
void ReactorThreads::await_others(int watched, const std::function<void()>& on_watched, int done) {
  pollfd polled[] = {{watched, POLLIN, 0}, {done, POLLIN, 0}};
  for (std::uint64_t stopped = 0; stopped + 1 < reactors_.size();) {
    if (::poll(polled, std::size(polled), -1) < 0) continue;
    if (polled[0].revents != 0) on_watched();
    std::uint64_t count = 0;
    if (polled[1].revents != 0 && sockets_.read(done, &count, sizeof count) > 0) stopped += count;
  }
}

}  // namespace weir
