#include "core/accept_mutex.h"

#include "base/check.h"

namespace weir {

AcceptMutex::~AcceptMutex() {
  for (const int end : ends_) {
    if (end >= 0) sockets_.close(end);
  }
}

Status AcceptMutex::open() {
  const Status status = holder_.open(1);
  if (!status.is_ok()) return status;
  const int result = sockets_.make_pipe(ends_);
  if (result < 0) return Status::from_errno(-result, "cannot create a pipe for an accept mutex");
  wake_one();
  return Status::ok();
}

// The byte first: who frees the lock after this look writes another.
bool AcceptMutex::try_lock(std::uint32_t worker) {
  char byte = 0;
  sockets_.read(ends_[0], &byte, 1);
  std::uint32_t nobody = 0;
  return holder_[0].compare_exchange_strong(nobody, worker + 1);
}

void AcceptMutex::unlock(std::uint32_t worker) {
  std::uint32_t holder = worker + 1;
  WEIR_CHECK(holder_[0].compare_exchange_strong(holder, 0));
  wake_one();
}

// It may have taken the byte and died before it took the lock: somebody is woken in any case.
void AcceptMutex::abandon(std::uint32_t worker) {
  std::uint32_t holder = worker + 1;
  holder_[0].compare_exchange_strong(holder, 0);
  wake_one();
}

// A full pipe is readable all the same.
void AcceptMutex::wake_one() {
  const char byte = 'f';
  sockets_.write(ends_[1], &byte, 1);
}

}  // namespace weir
