#include "core/mailbox.h"

#include <cstdint>
#include <utility>

#include "core/clock.h"

namespace weir {

Mailbox::~Mailbox() {
  if (eventfd_ >= 0) sockets_.close(eventfd_);
}

Status Mailbox::open() {
  eventfd_ = sockets_.make_eventfd();
  if (eventfd_ < 0) return Status::from_errno(-eventfd_, "cannot create an eventfd");
  if (awake_.exchange(false)) wake();
  return Status::ok();
}

void Mailbox::post(Task task) {
  {
    const std::lock_guard lock(mutex_);
    // One look at the clock a batch, beside a system call to wake.
    if (batch_.tasks.empty()) batch_.posted_us = monotonic_us();
    batch_.tasks.push_back(std::move(task));
  }
  wake();
}

void Mailbox::wake() {
  if (awake_.exchange(true)) return;
  const std::uint64_t one = 1;
  sockets_.write(eventfd_, &one, sizeof one);
}

Mailbox::Batch Mailbox::take() {
  std::uint64_t count = 0;
  sockets_.read(eventfd_, &count, sizeof count);
  // Before the exchange: a task posted after it finds the flag down and wakes again.
  awake_.store(false);
  const std::lock_guard lock(mutex_);
  return std::exchange(batch_, {});
}

}  // namespace weir
