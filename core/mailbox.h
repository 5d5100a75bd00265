// Tasks for a reactor from any thread, in order; the reactor is woken by one write to an eventfd
// however many tasks have gathered.
//
// post() from any thread; everything else on the owner's. Tasks left when the mailbox is destroyed
// are destroyed unrun.
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
  // The tasks to run now; what they post themselves is for the next batch.
  Batch take();

 private:
  Sockets& sockets_;
  int eventfd_ = -1;
  // Set by the first post after a batch was taken: the others need not wake.
  std::atomic<bool> awake_{false};
  std::mutex mutex_;
  Batch batch_;
};

}  // namespace weir
