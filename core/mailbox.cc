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
  if (owner_.exchange(Owner::kMaySleep) != Owner::kMaySleep) wake();
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
  const Owner asleep = backend_.has_wake() ? Owner::kCalled : Owner::kSignalled;
  Owner seen = owner_.load();
  Owner next = seen;
  do {
    if (seen == Owner::kSignalled || seen == Owner::kCalled) return;
    next = seen == Owner::kLooks ? Owner::kCalled : asleep;
  } while (!owner_.compare_exchange_weak(seen, next));
  if (seen == Owner::kLooks || (next == Owner::kCalled && backend_.wake())) return;
  // Whoever is called without a message finds out by this.
  const std::uint64_t one = 1;
  sockets_.write(eventfd_, &one, sizeof one);
}

// Where the eventfd has been written already, its event comes.
void Mailbox::look() {
  Owner seen = Owner::kMaySleep;
  owner_.compare_exchange_strong(seen, Owner::kLooks);
}

bool Mailbox::stop_looking() {
  Owner seen = Owner::kLooks;
  return !owner_.compare_exchange_strong(seen, Owner::kMaySleep) && seen == Owner::kCalled;
}

Mailbox::Batch Mailbox::take() {
  if (!is_called()) {
    std::uint64_t count = 0;
    sockets_.read(eventfd_, &count, sizeof count);
  }
  // Before the exchange: a task posted after it finds the owner asleep and wakes it again.
  owner_.store(Owner::kMaySleep);
  const std::lock_guard lock(mutex_);
  return std::exchange(batch_, {});
}

}  // namespace weir
