#include "core/uring.h"

#include <cerrno>
#include <new>
#include <system_error>
#include <thread>

#include "base/check.h"

namespace weir {
namespace {

Status refusal(int error) {
  switch (error) {
    case ENOSYS:
      return Status::error("this kernel has no io_uring");
    case EPERM:
    case EACCES:
      return Status::error(
          "io_uring is switched off here, by the sysctl kernel.io_uring_disabled, a seccomp filter "
          "or the container");
    case EINVAL:
      return Status::error("this kernel's io_uring is too old: it takes Linux 6.1 or newer");
    case ENOMEM:
      return Status::error("there is too little memory that may be locked: raise ulimit -l");
    default:
      return Status::from_errno(error, "cannot create an io_uring");
  }
}

}  // namespace

Status run_apart(const std::function<Status()>& task) {
  Status status;
  try {
    std::thread([&] {
      try {
        status = task();
      } catch (const std::bad_alloc&) {
        status = Status::from_errno(ENOMEM, "cannot set up an io_uring");
      }
    }).join();
  } catch (const std::system_error& error) {
    return Status::from_errno(error.code().value(), "cannot start a thread");
  }
  return status;
}

Uring::~Uring() {
  if (is_open_) ::io_uring_queue_exit(&ring_);
}

Status Uring::open() {
  io_uring_params parameters{};
  // Made by one thread and used by another: it is the one that enables the ring.
  parameters.flags = IORING_SETUP_R_DISABLED | IORING_SETUP_SINGLE_ISSUER |
                     IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG |
                     IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE;
  parameters.cq_entries = kCompletions;
  return run_apart([&] {
    const int result = sockets_.uring_open(kSubmissions, ring_, parameters);
    is_open_ = result >= 0;
    return is_open_ ? buffers_.open(ring_) : refusal(-result);
  });
}

void Uring::enable() {
  is_enabled_ = true;
  WEIR_CHECK(sockets_.uring_register(ring_, IORING_REGISTER_ENABLE_RINGS, nullptr, 0) >= 0);
  ::io_uring_register_ring_fd(&ring_);  // or not: it spares a look-up a call
}

io_uring_sqe* Uring::submission() {
  if (::io_uring_sq_space_left(&ring_) == 0) submit();
  return ::io_uring_get_sqe(&ring_);
}

void Uring::push(io_uring_sqe& operation, std::uint64_t name) {
  operation.user_data = name;
  sockets_.uring_prepare(operation);
}

// What there is no memory for stays pending.
void Uring::submit() { sockets_.uring_submit(ring_); }

void Uring::cancel_pending(std::uint64_t name, std::uint64_t mask) {
  for (unsigned i = ring_.sq.sqe_tail - pending(); i != ring_.sq.sqe_tail; ++i) {
    io_uring_sqe& operation = ring_.sq.sqes[i & (kSubmissions - 1)];
    if ((operation.user_data & mask) != name) continue;
    const std::uint64_t its_name = operation.user_data;
    ::io_uring_prep_close(&operation, -1);
    operation.user_data = its_name;
  }
}

bool Uring::send_message(std::uint64_t name) {
  if (!is_open_ || !sends_messages()) return false;
  const int result = sockets_.uring_message(ring_, name);
  if (result == -EINVAL || result == -EBADF) sends_messages_.store(false);
  return result >= 0;
}

void Uring::recycle() {
  buffers_.recycle();
  if (ran_dry_) buffers_.grow();
  ran_dry_ = false;
}

bool Uring::wait(int timeout_ms) {
  if (timeout_ms != 0 || has_work()) {
    const int result = sockets_.uring_wait(ring_, timeout_ms);
    // Out of memory the kernel takes less than it was given, and the rest the next time.
    WEIR_CHECK(result >= 0 || result == -EINTR || result == -ETIME || result == -EAGAIN ||
               result == -EBUSY || result == -ENOMEM);
  }
  batch_ = ::io_uring_cq_ready(&ring_);
  return batch_ > 0;
}

// So a reactor that looks before it sleeps makes no system call to see that nothing is there.
bool Uring::has_work() const {
  return pending() > 0 ||
         (IO_URING_READ_ONCE(*ring_.sq.kflags) & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW)) != 0;
}

// What comes in the middle of a batch, with operations that had to be submitted, is for the next:
// else a tick might never end.
bool Uring::next(Completion& completion) { return batch_ > 0 && next_of_all(completion); }

bool Uring::next_of_all(Completion& completion) {
  // io_uring_peek_cqe() would ask the kernel where there is none.
  unsigned head = 0;
  io_uring_cqe* entry = nullptr;
  io_uring_for_each_cqe(&ring_, head, entry) break;
  if (entry == nullptr) return false;
  completion.name = entry->user_data;
  completion.result = entry->res;
  completion.is_last = (entry->flags & IORING_CQE_F_MORE) == 0;
  completion.bytes = {};
  if ((entry->flags & IORING_CQE_F_BUFFER) != 0) completion.bytes = buffers_.take(*entry);
  ::io_uring_cq_advance(&ring_, 1);
  if (batch_ > 0) --batch_;
  return true;
}

}  // namespace weir
