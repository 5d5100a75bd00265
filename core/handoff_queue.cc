#include "core/handoff_queue.h"

#include <cstdint>
#include <utility>

namespace weir {

HandoffQueue::~HandoffQueue() {
  for (const Accepted& accepted : queue_) sockets_.close(accepted.fd);
  if (read_end_ >= 0) sockets_.close(read_end_);
  if (write_end_ >= 0 && write_end_ != read_end_) sockets_.close(write_end_);
}

Status HandoffQueue::open() {
  if (notify_ == HandoffNotify::kEventfd) {
    read_end_ = write_end_ = sockets_.make_eventfd();
    return read_end_ >= 0 ? Status::ok()
                          : Status::from_errno(-read_end_, "cannot create an eventfd");
  }
  int ends[2] = {-1, -1};
  const int result = sockets_.make_pipe(ends);
  if (result < 0) return Status::from_errno(-result, "cannot create a pipe");
  read_end_ = ends[0];
  write_end_ = ends[1];
  return Status::ok();
}

bool HandoffQueue::push(Accepted&& accepted) {
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return false;
    queue_.push_back(std::move(accepted));
  }
  if (!send_message()) write_notice();
  return true;
}

// One for all that come until they are taken.
bool HandoffQueue::send_message() {
  if (!backend_.has_wake()) return false;
  return called_.exchange(true) || backend_.wake();
}

// A full pipe refuses the byte, and is readable all the same: the wake-up is not lost.
void HandoffQueue::write_notice() {
  if (notify_ == HandoffNotify::kEventfd) {
    const std::uint64_t one = 1;
    sockets_.write(write_end_, &one, sizeof one);
  } else {
    const char byte = 'c';
    sockets_.write(write_end_, &byte, 1);
  }
}

bool HandoffQueue::is_closed() {
  const std::lock_guard lock(mutex_);
  return closed_;
}

std::vector<Accepted> HandoffQueue::take() {
  // Bytes first: a connection pushed after them leaves a byte of its own behind. An eventfd's
  // counter is 8 of them.
  char bytes[256];
  if (!called_.exchange(false)) sockets_.read(read_end_, bytes, sizeof bytes);
  const std::lock_guard lock(mutex_);
  std::vector<Accepted> taken;
  taken.swap(queue_);
  return taken;
}

std::vector<Accepted> HandoffQueue::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  return std::exchange(queue_, {});
}

}  // namespace weir
