#include "core/reserve.h"

#include <cerrno>
#include <mutex>
#include <utility>

namespace weir {
namespace {

std::mutex all_reserves;

}  // namespace

std::atomic<Reserve*> Reserve::first_missing{nullptr};

void Reserve::open() {
  const std::lock_guard lock(all_reserves);
  restore();
}

void Reserve::close() {
  const std::lock_guard lock(all_reserves);
  unlink();
  const int fd = std::exchange(fd_, -1);
  if (fd >= 0) sockets_.close(fd);
}

int Reserve::refuse(int listening) {
  const std::lock_guard lock(all_reserves);
  if (fd_ < 0 && !restore()) return fd_;
  link();  // before others can take it
  sockets_.close(fd_);
  const int accepted = sockets_.accept(listening, nullptr, nullptr);
  if (accepted >= 0) sockets_.close(accepted);
  restore();
  return accepted;
}

bool Reserve::restore_all() {
  const std::lock_guard lock(all_reserves);
  bool restored = true;
  while (restored && any_missing()) restored = first_missing.load()->restore();
  return !any_missing();
}

// One that fails for another reason, as /dev/null is not there, is nobody's debt. One that was
// missing stays so until it is there: whoever has taken its number may look in between.
bool Reserve::restore() {
  fd_ = sockets_.open_reserve();
  fd_ == -EMFILE || fd_ == -ENFILE ? link() : unlink();
  return fd_ >= 0;
}

void Reserve::link() {
  if (std::exchange(linked_, true)) return;
  next_ = first_missing;
  first_missing = this;
}

void Reserve::unlink() {
  if (!std::exchange(linked_, false)) return;
  Reserve* before = nullptr;
  for (Reserve* one = first_missing; one != nullptr; before = std::exchange(one, one->next_)) {
    if (one != this) continue;
    before != nullptr ? void(before->next_ = next_) : first_missing.store(next_);
    return;
  }
}

}  // namespace weir
