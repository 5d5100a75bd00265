// Tasks for a reactor from any thread, in order; the reactor is woken by one write to an eventfd
// however many tasks have gathered.
//
// post() from any thread; everything else on the owner's. Tasks left when the mailbox is destroyed
// are destroyed unrun.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <vector>

#include "core/sockets.h"
#include "core/status.h"

namespace weir {

class Mailbox {
 public:
  using Task = std::function<void()>;

  explicit Mailbox(Sockets& sockets) : sockets_(sockets) {}
  ~Mailbox();

  // Before others post. Tasks that its owner has posted already are announced.
  Status open();
  // Becomes readable when there are tasks.
  int fd() const { return eventfd_; }

  void post(Task task);
  // The owner ticks, also without a task. Never throws.
  void wake();
  // Runs the tasks that were there when it was called, not what they post themselves.
  void run();

 private:
  Sockets& sockets_;
  int eventfd_ = -1;
  // Set by the first post after a run: the others need not wake.
  std::atomic<bool> awake_{false};
  std::mutex mutex_;
  std::vector<Task> tasks_;
};

}  // namespace weir
