#include "core/signals.h"

#include <pthread.h>
#include <signal.h>
#include <sys/signalfd.h>

namespace weir {

Status Signals::open(std::initializer_list<int> signals) {
  close();
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : signals) ::sigaddset(&set, signal);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  fd_ = sockets_.make_signalfd(set);
  return fd_ >= 0 ? Status::ok() : Status::from_errno(-fd_, "cannot create a signalfd");
}

void Signals::close() {
  if (fd_ >= 0) sockets_.close(fd_);
  fd_ = -1;
}

int Signals::take() {
  signalfd_siginfo received{};
  const bool taken = sockets_.read(fd_, &received, sizeof received) == sizeof received;
  return taken ? static_cast<int>(received.ssi_signo) : 0;
}

}  // namespace weir
