// Tasks for a reactor from any thread, in order; the reactor is woken by one write to an eventfd
// however many tasks have gathered, and by none while it looks for itself: a hop to a thread and
// back is two system calls less then.
//
// post() and wake() from any thread; everything else on the owner's. Tasks left when the mailbox is
// destroyed are destroyed unrun.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

#include "base/status.h"
#include "core/sockets.h"

namespace weir {

class Mailbox {
 public:
  using Task = std::function<void()>;

  struct Batch {
    std::vector<Task> tasks;
    std::int64_t posted_us = 0;  // the first of them, on the monotonic clock
  };

  explicit Mailbox(Sockets& sockets) : sockets_(sockets) {}
  ~Mailbox();

  // Before others post. Tasks that its owner has posted already are announced.
  Status open();
  // Becomes readable when there are tasks.
  int fd() const { return eventfd_; }

  void post(Task task);
  // The owner ticks, also without a task. Never throws.
  void wake();
  // The owner does not sleep, and asks is_called(), until stop_looking().
  void look();
  bool is_called() const { return owner_.load() == Owner::kCalled; }
  // Whether it was called meanwhile: fd() says nothing of that, take() does.
  bool stop_looking();
  // The tasks to run now; what they post themselves is for the next batch.
  Batch take();

 private:
  enum class Owner : std::uint8_t {
    kMaySleep,   // who posts has to write
    kSignalled,  // somebody has: the others need not, until the batch is taken
    kLooks,
    kCalled,  // while it looked, without a write
  };

  Sockets& sockets_;
  int eventfd_ = -1;
  std::atomic<Owner> owner_{Owner::kMaySleep};
  std::mutex mutex_;
  Batch batch_;
};

}  // namespace weir
