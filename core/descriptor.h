// A descriptor that one thread uses and closes, while others may want something of what it names:
// they get that, or learn that it is closed, but never meet what got its number next.
//
// use() and duplicate() on any thread; everything else on the owner's.
#pragma once

#include <cerrno>
#include <mutex>
#include <utility>

#include "core/sockets.h"

namespace weir {

class Descriptor {
 public:
  explicit Descriptor(Sockets& sockets) : sockets_(sockets) {}
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  // Owns `fd` from now on. A negative one, an error, stands for none.
  void own(int fd) {
    close();
    const std::lock_guard lock(mutex_);
    fd_ = fd;
  }
  void close() {
    const std::lock_guard lock(mutex_);
    const int fd = std::exchange(fd_, -1);
    if (fd >= 0) sockets_.close(fd);
  }

  // Negative: none. Without the lock: nobody else changes it.
  int fd() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }

  // Calls use(fd), during which it stays open; -EBADF where it is closed.
  template <class Use>
  int use(Use use) const {
    const std::lock_guard lock(mutex_);
    return fd_ >= 0 ? use(fd_) : -EBADF;
  }
  // A second one, the caller's; -errno.
  int duplicate() const {
    return use([this](int fd) { return sockets_.duplicate(fd); });
  }

 private:
  Sockets& sockets_;
  mutable std::mutex mutex_;
  int fd_ = -1;
};

}  // namespace weir
