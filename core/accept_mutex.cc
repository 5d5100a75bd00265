#include "core/accept_mutex.h"

#include "core/check.h"

namespace weir {

AcceptMutex::~AcceptMutex() {
  for (const int fd : wakers_) sockets_.close(fd);
}

Status AcceptMutex::open(std::uint32_t workers) {
  for (std::uint32_t i = 0; i < workers; ++i) {
    const int fd = sockets_.make_eventfd();
    if (fd < 0) return Status::from_errno(-fd, "cannot create an eventfd for an accept mutex");
    wakers_.push_back(fd);
  }
  return words_.open(workers + 1);
}

// The word first: who gives the turn up after this look finds it.
bool AcceptMutex::want(std::uint32_t worker) {
  waits(worker) = 1;
  std::uint32_t nobody = 0;
  if (!holder().compare_exchange_strong(nobody, worker + 1)) return false;
  waits(worker) = 0;
  return true;
}

// A word that was meant for one who died before him may wake a worker while his turn is on its way.
bool AcceptMutex::take(std::uint32_t worker) {
  std::uint64_t count = 0;
  sockets_.read(wakers_[worker], &count, sizeof count);
  return has_turn(worker) && waits(worker) == 0;
}

// He waits before he gives: the next may look at once.
bool AcceptMutex::pass(std::uint32_t worker) {
  WEIR_DCHECK(has_turn(worker));
  waits(worker) = 1;
  const auto count = static_cast<std::uint32_t>(wakers_.size());
  for (std::uint32_t i = 1; i < count; ++i) {
    if (give(worker + 1, (worker + i) % count)) return true;
  }
  waits(worker) = 0;
  return false;
}

// One who began to wait while the turn was on its way to another, who has left, is found by the
// next look.
void AcceptMutex::leave(std::uint32_t worker) {
  waits(worker) = 0;
  std::uint32_t his = worker + 1;
  if (!holder().compare_exchange_strong(his, 0)) return;
  for (std::uint32_t i = 0; i < wakers_.size();) {
    if (waits(i) == 0) {
      ++i;
    } else if (give(0, i)) {
      return;
    } else {
      i = 0;
    }
  }
}

// From its holder, or from nobody, to one who waits. True also where the turn is out of the giver's
// hands: he to whom it went has left it, or another was faster.
bool AcceptMutex::give(std::uint32_t from, std::uint32_t worker) {
  if (waits(worker) == 0) return false;
  std::uint32_t expected = from;
  if (!holder().compare_exchange_strong(expected, worker + 1)) return true;
  if (waits(worker).exchange(0) == 0) {
    // He has left meanwhile. Perhaps he did not see that it was his.
    expected = worker + 1;
    return !holder().compare_exchange_strong(expected, from);
  }
  const std::uint64_t one = 1;
  sockets_.write(wakers_[worker], &one, sizeof one);
  return true;
}

}  // namespace weir
