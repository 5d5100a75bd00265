#include "servers/redis/expiry_schedule.h"

#include <algorithm>

namespace weir::redis {

ExpirySchedule::ExpirySchedule(std::size_t shards) : due_ms_(shards) {
  for (auto& due : due_ms_) due.store(kNothingDue);
}

void ExpirySchedule::set_due(std::size_t shard, std::int64_t due_ms) {
  due_ms_[shard].store(due_ms);
  if (shares_.empty()) return;
  Share& share = shares_[shard % shares_.size()];
  std::int64_t until_ms = share.sleeps_until_ms.load();
  while (due_ms < until_ms) {
    if (share.sleeps_until_ms.compare_exchange_weak(until_ms, due_ms)) return share.wake();
  }
}

std::int64_t ExpirySchedule::sleep(std::size_t share) {
  std::int64_t until_ms = earliest(share);
  for (;;) {
    shares_[share].sleeps_until_ms.store(until_ms);
    const std::int64_t again_ms = earliest(share);
    if (again_ms >= until_ms) return until_ms;
    until_ms = again_ms;
  }
}

std::int64_t ExpirySchedule::earliest(std::size_t share) const {
  std::int64_t earliest_ms = kNothingDue;
  for (std::size_t shard = share; shard < due_ms_.size(); shard += shares_.size()) {
    earliest_ms = std::min(earliest_ms, due_ms_[shard].load());
  }
  return earliest_ms;
}

}  // namespace weir::redis
