#include "tests/fakes/connect_outcome.h"

#include <chrono>

#include "base/check.h"
#include "core/connection.h"
#include "tests/fakes/peer.h"

namespace weir::fakes {

Connector::Done ConnectOutcome::done() {
  return [this](const Result<Connection*>& result) {
    const std::lock_guard lock(mutex_);
    WEIR_CHECK(!told_);
    told_ = true;
    if (result.is_ok()) id_ = result.value()->id();
    message_ = result.is_ok() ? "" : result.status().message();
    changed_.notify_all();
  };
}

std::string ConnectOutcome::await() {
  std::unique_lock lock(mutex_);
  const auto limit = std::chrono::milliseconds(Peer::kDeadlineMs);
  WEIR_CHECK(changed_.wait_for(lock, limit, [this] { return told_; }));
  return message_;
}

bool ConnectOutcome::told() {
  const std::lock_guard lock(mutex_);
  return told_;
}

ConnectionId ConnectOutcome::id() {
  const std::lock_guard lock(mutex_);
  return id_;
}

}  // namespace weir::fakes
