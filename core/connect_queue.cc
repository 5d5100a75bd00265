#include "core/connect_queue.h"

#include <string>

#include "base/check.h"

namespace weir {

ConnectQueue::ConnectQueue(Reactor& reactor, Resolver::Options resolver)
    : reactor_(reactor), connector_(reactor, std::move(resolver)) {
  reactor_.add_tenant(*this);
}

ConnectQueue::~ConnectQueue() { reactor_.remove_tenant(*this); }

Result<ConnectId> ConnectQueue::push(Connector::Request request) {
  WEIR_CHECK(request.service != nullptr && request.done != nullptr);
  const Status status = Connector::check(request.options);
  if (!status.is_ok()) return status;
  const ConnectId id = connector_.reserve();
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) {
      return Status::error("cannot connect to " + request.to.to_string() +
                           ": its reactor has stopped");
    }
    if (waiting_.size() >= Connector::kMaxPending) {
      return Status::error("cannot connect to " + request.to.to_string() + ": " +
                           std::to_string(waiting_.size()) + " connects wait to begin");
    }
    waiting_.push_back({id, std::move(request)});
  }
  reactor_.post([this] { begin_all(); });
  return id;
}

// Posted after the push: the connect has begun by then.
void ConnectQueue::cancel(ConnectId id) {
  reactor_.post([this, id] { connector_.cancel(id); });
}

void ConnectQueue::begin_all() {
  std::vector<Waiting> waiting;
  {
    const std::lock_guard lock(mutex_);
    waiting.swap(waiting_);
  }
  for (Waiting& one : waiting) {
    const Status status = connector_.start(one.id, one.request);
    if (!status.is_ok()) Connector::report(one.request.done, status);
  }
}

// The connector has stopped: what has come since is refused by it.
void ConnectQueue::begin_stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  begin_all();
}

}  // namespace weir
