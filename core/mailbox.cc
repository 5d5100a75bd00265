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
  return eventfd_ >= 0 ? Status::ok() : Status::from_errno(-eventfd_, "cannot create an eventfd");
}

void Mailbox::post(Task task) {
  {
    const std::lock_guard lock(mutex_);
    // One look at the clock a batch, beside a system call to wake.
    if (batch_.tasks.empty()) batch_.posted_us = monotonic_us();
    batch_.tasks.push_back(std::move(task));
  }
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
