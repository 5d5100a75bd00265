#include "core/buffer_budget.h"

#include <algorithm>
#include <utility>

namespace weir {

void BufferBudget::set_limit(std::uint64_t bytes) {
  limit_.store(bytes == 0 ? kNone : bytes, std::memory_order_relaxed);
  wake_all();
}

std::uint64_t BufferBudget::limit() const { return bound() == kNone ? 0 : bound(); }

BufferBudget& BufferBudget::process() {
  static BufferBudget budget;
  return budget;
}

// Whoever is idle learns of what concerns it: that the budget has become tight, that it has eased,
// that more is held than may be.
void BufferBudget::change(std::int64_t bytes) {
  const auto change = static_cast<std::uint64_t>(bytes);  // of a fall: modulo 2^64
  const std::uint64_t before = in_use_.fetch_add(change, std::memory_order_relaxed);
  const std::uint64_t after = before + change;
  const bool tightened = before < tight_from() && after >= tight_from();
  const bool eased = before >= tight_until() && after < tight_until();
  if (tightened || eased || (bytes > 0 && after > bound())) wake_all();
}

void BufferBudget::wake_all() {
  const std::lock_guard lock(mutex_);
  for (const Account* account : accounts_) account->wake_();
}

void BufferBudget::Account::join(const std::atomic<std::uint32_t>& connections,
                                 std::function<void()> wake) {
  connections_ = &connections;
  wake_ = std::move(wake);
  const std::lock_guard lock(budget_.mutex_);
  budget_.accounts_.push_back(this);
}

BufferBudget::Account::~Account() {
  {
    const std::lock_guard lock(budget_.mutex_);
    std::erase(budget_.accounts_, this);
  }
  held_ = 0;
  tell();
}

std::uint64_t BufferBudget::Account::fair_share() const {
  const std::lock_guard lock(budget_.mutex_);
  std::uint64_t connections = 0;
  for (const Account* account : budget_.accounts_) {
    connections += account->connections_->load(std::memory_order_relaxed);
  }
  return budget_.bound() / std::max<std::uint64_t>(connections, 1);
}

void BufferBudget::Account::tell() {
  const auto change = static_cast<std::int64_t>(held_) - static_cast<std::int64_t>(told_);
  told_ = held_;
  if (change == 0) return;
  budget_.change(change);
  look();
}

}  // namespace weir
