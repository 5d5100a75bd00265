// Holds SIGPIPE back from this thread while it lasts, and drops one that was raised meanwhile: for
// calls that raise it and can't be told not to, as write(2) and sendfile(2).
//
// The thread that made it.
#pragma once

#include <signal.h>

#include <ctime>

namespace weir {

class SigpipeBlock {
 public:
  SigpipeBlock() {
    sigset_t pending;
    ::sigpending(&pending);
    was_pending_ = ::sigismember(&pending, SIGPIPE) != 0;
    const sigset_t pipe = set();
    ::pthread_sigmask(SIG_BLOCK, &pipe, &before_);
  }
  ~SigpipeBlock() {
    const sigset_t pipe = set();
    const timespec at_once{};
    if (!was_pending_) ::sigtimedwait(&pipe, nullptr, &at_once);
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  SigpipeBlock(const SigpipeBlock&) = delete;
  SigpipeBlock& operator=(const SigpipeBlock&) = delete;

 private:
  static sigset_t set() {
    sigset_t pipe;
    ::sigemptyset(&pipe);
    ::sigaddset(&pipe, SIGPIPE);
    return pipe;
  }

  sigset_t before_{};
  bool was_pending_ = false;  // somebody else's
};

}  // namespace weir
