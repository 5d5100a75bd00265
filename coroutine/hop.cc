#include "coroutine/hop.h"

#include <memory>

namespace weir {

// The pool's claim on the coroutine. One that is dropped sends it home.
class PoolHop::Ticket {
 public:
  Ticket(PoolHop& hop, std::coroutine_handle<> coroutine, Reactor& reactor)
      : hop_(hop), coroutine_(coroutine), reactor_(reactor) {}
  ~Ticket() {
    if (!coroutine_) return;
    hop_.status_ = Status::error("the task pool has dropped it");
    reactor_.post([coroutine = coroutine_] { coroutine.resume(); });
  }
  Ticket(const Ticket&) = delete;
  Ticket& operator=(const Ticket&) = delete;

  std::coroutine_handle<> take() { return std::exchange(coroutine_, {}); }

 private:
  PoolHop& hop_;
  std::coroutine_handle<> coroutine_;
  Reactor& reactor_;
};

// The ticket is shared, as a std::function can be copied.
bool PoolHop::submit(std::coroutine_handle<> coroutine, Reactor& reactor) {
  auto ticket = std::make_shared<Ticket>(*this, coroutine, reactor);
  try {
    Status status = pool_.try_submit([ticket] { ticket->take().resume(); }, how_);
    if (status.is_ok()) return true;  // it may have run, and this be gone
    status_ = std::move(status);
  } catch (...) {
    ticket->take();
    throw;
  }
  ticket->take();
  return false;
}

}  // namespace weir
