// Which of several processes accepts on a socket they share: nginx' accept mutex, without its
// polling. The lock is a word in shared memory; a byte in a pipe says that it has become free, so
// that whoever wants it sleeps in epoll until then.
//
// Made before the processes are forked. Each process calls try_lock() and unlock() on one thread,
// with its own worker number; the parent calls abandon() when one has died, so that a lock never
// dies with its holder.
#pragma once

#include <cstdint>

#include "base/status.h"
#include "core/shared_words.h"
#include "core/sockets.h"

namespace weir {

class AcceptMutex {
 public:
  explicit AcceptMutex(Sockets& sockets) : sockets_(sockets) {}
  ~AcceptMutex();
  AcceptMutex(const AcceptMutex&) = delete;
  AcceptMutex& operator=(const AcceptMutex&) = delete;

  Status open();
  // Readable when the lock may be free; try_lock() takes the byte.
  int fd() const { return ends_[0]; }

  bool try_lock(std::uint32_t worker);
  // REQUIRES: held by `worker`.
  void unlock(std::uint32_t worker);
  // Wakes another who waits: the caller may have been woken, and will not look.
  void pass_on() { wake_one(); }
  // `worker` has died, with the lock or on its way to it.
  void abandon(std::uint32_t worker);

 private:
  void wake_one();

  Sockets& sockets_;
  int ends_[2] = {-1, -1};
  SharedWords holder_;  // one word: worker + 1, 0 for nobody
};

}  // namespace weir
