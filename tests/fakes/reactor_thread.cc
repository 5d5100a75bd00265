#include "tests/fakes/reactor_thread.h"

#include <chrono>
#include <future>
#include <utility>

#include "base/check.h"
#include "core/clock.h"

namespace weir::fakes {

ReactorThread::ReactorThread(const Reactor::Options& options, Sockets& sockets)
    : reactor_(0, sockets, options) {
  WEIR_CHECK(reactor_.open().is_ok());
  thread_ = std::thread([this] { reactor_.run(); });
}

void ReactorThread::run(const std::function<void()>& task) {
  std::promise<void> done;
  reactor_.post([&task, &done] {
    task();
    done.set_value();
  });
  const auto limit = std::chrono::milliseconds(Peer::kDeadlineMs);
  WEIR_CHECK(done.get_future().wait_for(limit) == std::future_status::ready);
}

bool ReactorThread::eventually(const std::function<bool()>& look) {
  const std::int64_t deadline = monotonic_ms() + Peer::kDeadlineMs;
  bool seen = false;
  while (!seen && monotonic_ms() < deadline) run([&] { seen = look(); });
  return seen;
}

Peer ReactorThread::connect(Service service, Line (*make_line)()) {
  services_.push_back(std::move(service));
  Line line = make_line();
  // Before the tasks that follow: what comes through the hand-off queue is in no order with them.
  reactor_.post([this, fd = line.fd, served = &services_.back()] {
    reactor_.hand_off({fd, Address(), served});
  });
  return std::move(line.peer);
}

void ReactorThread::stop(int drain_ms) {
  if (!thread_.joinable()) return;
  reactor_.stop(drain_ms);
  thread_.join();
}

std::size_t ReactorThread::connections() {
  std::size_t count = 0;
  run([this, &count] { reactor_.for_each_connection([&count](Connection&) { ++count; }); });
  return count;
}

Connection* ReactorThread::only_connection() {
  Connection* only = nullptr;
  reactor_.for_each_connection([&only](Connection& one) { only = &one; });
  return only;
}

}  // namespace weir::fakes
