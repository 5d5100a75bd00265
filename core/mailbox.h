// Tasks for a reactor from any thread, in order; the reactor is woken once however many tasks have
// gathered, by a message of its back end or else by a write to an eventfd, and not at all while it
// looks for itself: a hop to a thread and back is two system calls less then.
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
#include "core/backend.h"
#include "core/sockets.h"

namespace weir {

class Mailbox {
 public:
  using Task = std::function<void()>;

  struct Batch {
    std::vector<Task> tasks;
    std::int64_t posted_us = 0;  // the first of them, on the monotonic clock
  };

  // `backend`, the owner's, outlives the mailbox.
  Mailbox(Sockets& sockets, Backend& backend) : sockets_(sockets), backend_(backend) {}
  ~Mailbox();

  // Before others post. Tasks that its owner has posted already are announced.
  Status open();
  // Becomes readable when there are tasks and is_called() does not say so.
  int fd() const { return eventfd_; }

  void post(Task task);
  // The owner ticks, also without a task. Never throws.
  void wake();
  // The owner does not sleep until stop_looking(). It asks is_called() in any case, after each
  // wait.
  void look();
  bool is_called() const { return owner_.load() == Owner::kCalled; }
  // Whether it was called meanwhile: fd() says nothing of that, take() does.
  bool stop_looking();
  // The tasks to run now; what they post themselves is for the next batch.
  Batch take();

 private:
  enum class Owner : std::uint8_t {
    kMaySleep,   // who posts has to wake it
    kSignalled,  // somebody has written: the others need not, until the batch is taken
    kLooks,
    kCalled,  // without a write, while it looked or by a message
  };

  Sockets& sockets_;
  Backend& backend_;
  int eventfd_ = -1;
  std::atomic<Owner> owner_{Owner::kMaySleep};
  std::mutex mutex_;
  Batch batch_;
};

}  // namespace weir
