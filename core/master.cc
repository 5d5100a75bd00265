#include "core/master.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <utility>

#include "core/clock.h"
#include "core/log.h"

namespace weir {
namespace {

std::string describe_end(int status) {
  if (WIFSIGNALED(status)) {
    return std::string("by signal ") + ::strsignal(WTERMSIG(status));
  }
  return "with status " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

Master::Master(std::uint32_t workers, Sockets& sockets, Hooks hooks)
    : sockets_(sockets), hooks_(std::move(hooks)), workers_(workers) {}

Master::~Master() {
  for (const int end : ends_) {
    if (end >= 0) sockets_.close(end);
  }
}

Status Master::open() {
  // A worker may die before an order reaches it.
  ::signal(SIGPIPE, SIG_IGN);
  const int result = sockets_.make_pipe(ends_);
  return result >= 0 ? Status::ok()
                     : Status::from_errno(-result, "cannot create a pipe for the master");
}

void Master::watch(int fd, std::function<void()> on_ready) {
  watched_.push_back({fd, std::move(on_ready)});
}

void Master::unwatch(int fd) {
  for (Watched& watched : watched_) {
    if (watched.fd == fd) watched.fd = -1;
  }
}

void Master::tell(const Message& message) { sockets_.write(ends_[1], &message, sizeof message); }

ssize_t Master::read_order(Sockets& sockets, int orders, Order& order) {
  char byte = 0;
  const ssize_t size = sockets.read(orders, &byte, 1);
  if (size == 1) order = static_cast<Order>(byte);
  if (size == 0) order = Order::kStop;
  return size;
}

void Master::run() {
  for (;;) {
    if (!stopping_) start_missing();
    if (stopping_ && !any_runs()) return;
    wait();
  }
}

bool Master::any_runs() const {
  return std::any_of(workers_.begin(), workers_.end(),
                     [](const Worker& worker) { return worker.runs(); });
}

void Master::start_missing() {
  const std::int64_t now_ms = monotonic_ms();
  for (std::uint32_t i = 0; i < workers_.size(); ++i) {
    const Worker& worker = workers_[i];
    const bool early = worker.started_ms != 0 && now_ms < worker.started_ms + kRestartMs;
    if (!worker.runs() && !early) start(i);
  }
}

// Until the first worker may be started that was not yet.
int Master::wait_limit() const {
  if (stopping_) return -1;
  std::int64_t limit_ms = -1;
  const std::int64_t now_ms = monotonic_ms();
  for (const Worker& worker : workers_) {
    if (worker.runs()) continue;
    const std::int64_t left_ms = std::max<std::int64_t>(worker.started_ms + kRestartMs - now_ms, 0);
    limit_ms = limit_ms < 0 ? left_ms : std::min(limit_ms, left_ms);
  }
  return static_cast<int>(limit_ms);
}

// A failure counts as a worker that ended at once.
void Master::start(std::uint32_t number) {
  Worker& worker = workers_[number];
  worker.started_ms = monotonic_ms();
  int orders[2] = {-1, -1};
  const int result = sockets_.make_pipe(orders);
  if (result < 0) {
    WEIR_LOG(kWarning, "cannot start worker %u: no pipe: %s", number, ::strerror(-result));
    return;
  }
  std::fflush(nullptr);  // else both processes would write what is buffered
  const pid_t pid = ::fork();
  if (pid == 0) become_worker(number, orders);
  sockets_.close(orders[0]);
  const int pid_fd = pid < 0 ? -1 : static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (pid_fd < 0) {
    WEIR_LOG(kWarning, "cannot start worker %u: %s", number, ::strerror(errno));
    sockets_.close(orders[1]);
    if (pid > 0) end_unwatched(number, pid);
    return;
  }
  worker = {pid, pid_fd, orders[1], worker.started_ms, false};
}

void Master::end_unwatched(std::uint32_t number, pid_t pid) {
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
  hooks_.ended(number);
}

void Master::become_worker(std::uint32_t number, const int orders[2]) noexcept {
  ::pthread_setname_np(::pthread_self(), ("worker-" + std::to_string(number)).c_str());
  // Every writing end: the pipes are to end with the master.
  sockets_.close(orders[1]);
  for (const Worker& other : workers_) {
    if (other.orders >= 0) sockets_.close(other.orders);
    if (other.pid_fd >= 0) sockets_.close(other.pid_fd);
  }
  const int status = hooks_.work(number, orders[0]);
  std::fflush(nullptr);
  ::_exit(status);
}

void Master::wait() {
  std::erase_if(watched_, [](const Watched& watched) { return watched.fd < 0; });
  const std::size_t count = watched_.size();
  std::vector<pollfd> polled = {{ends_[0], POLLIN, 0}};
  for (const Watched& watched : watched_) polled.push_back({watched.fd, POLLIN, 0});
  // poll() passes over a negative descriptor.
  for (const Worker& worker : workers_) polled.push_back({worker.pid_fd, POLLIN, 0});
  if (::poll(polled.data(), polled.size(), wait_limit()) <= 0) return;
  if (polled[0].revents != 0) hear();
  for (std::size_t i = 0; i < count; ++i) {
    if (polled[1 + i].revents != 0 && watched_[i].fd >= 0) watched_[i].on_ready();
  }
  for (std::uint32_t i = 0; i < workers_.size(); ++i) {
    if (polled[1 + count + i].revents != 0) bury(i);
  }
}

void Master::bury(std::uint32_t number) {
  Worker& worker = workers_[number];
  int status = 0;
  ::waitpid(worker.pid, &status, 0);
  sockets_.close(worker.pid_fd);
  sockets_.close(worker.orders);
  if (!stopping_ || status != 0) {
    WEIR_LOG(kWarning, "worker %u, process %d, ended %s%s", number, worker.pid,
             describe_end(status).c_str(), stopping_ ? "" : ": another takes its place");
  }
  worker = {0, -1, -1, worker.started_ms, false};
  hooks_.ended(number);
}

void Master::hear() {
  Message message{};
  if (sockets_.read(ends_[0], &message, sizeof message) != sizeof message) return;
  message.serves ? note_serving(message.worker) : pass_on(message.order);
}

void Master::pass_on(Order order) {
  stopping_ = true;
  hooks_.ordered(order);
  const char byte = static_cast<char>(order);
  for (const Worker& worker : workers_) {
    if (worker.runs()) sockets_.write(worker.orders, &byte, 1);
  }
}

// One that has died since may have said so: its successor is awaited then.
void Master::note_serving(std::uint32_t number) {
  workers_[number].serves = workers_[number].runs();
  const bool all =
      std::all_of(workers_.begin(), workers_.end(), [](const Worker& one) { return one.serves; });
  if (!all || stopping_ || std::exchange(all_have_served_, true)) return;
  hooks_.all_serve();
}

}  // namespace weir
