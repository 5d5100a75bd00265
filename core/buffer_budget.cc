#include "core/buffer_budget.h"

#include <algorithm>
#include <utility>

namespace weir {

void BufferBudget::set_limit(std::uint64_t bytes) {
  limit_.store(bytes == 0 ? kNone : bytes, std::memory_order_relaxed);
  wake_all(true);
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
  const bool is_over = bytes > 0 && after > bound();
  if (tightened || eased || is_over) wake_all(is_over);
}

void BufferBudget::wake_all(bool is_over) {
  const std::lock_guard lock(mutex_);
  for (Account* account : accounts_) {
    if (is_over) account->largest_ = kNone;
    account->wake();
  }
}

std::uint64_t BufferBudget::fair_share() const {
  std::uint64_t connections = 0;
  for (const Account* account : accounts_) {
    connections += account->connections_->load(std::memory_order_relaxed);
  }
  return bound() / std::max<std::uint64_t>(connections, 1);
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

std::uint64_t BufferBudget::Account::floor(std::uint64_t largest) {
  const std::lock_guard lock(budget_.mutex_);
  largest_ = largest;
  const std::uint64_t share = budget_.fair_share();
  std::uint64_t floor = share + 1;
  if (budget_.in_use() > budget_.far_over()) return floor;
  for (Account* other : budget_.accounts_) {
    // A reactor without connections may not even run.
    if (other == this || other->connections_->load(std::memory_order_relaxed) == 0) continue;
    floor = std::max(floor, other->largest_);
    if (other->largest_ > std::max(largest, share)) other->wake();
  }
  return floor;
}

void BufferBudget::Account::tell() {
  const auto change = static_cast<std::int64_t>(held_) - static_cast<std::int64_t>(told_);
  told_ = held_;
  if (change == 0) return;
  budget_.change(change);
  look();
}

}  // namespace weir
