// When keys are due: the earliest expiry of each shard, and until when each share of the shards may
// sleep. Share s of n has the shards s, s + n, s + 2n, ...
//
// Thread rule: add_share() before others use it; set_due() under the shard's lock, on any thread;
// due_ms() any thread; sleep() on the share's own.
// Invariant: a share sleeps until the earliest of its shards is due, or is being woken. By
// sequential consistency: either who sets an earlier time sees until when the share sleeps, or the
// share, which looks again before it sleeps, sees the time.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <utility>
#include <vector>

namespace weir::redis {

class ExpirySchedule {
 public:
  using Wake = std::function<void()>;
  static constexpr std::int64_t kNothingDue = std::numeric_limits<std::int64_t>::max();

  explicit ExpirySchedule(std::size_t shards);

  // `wake` is called on the thread that sets an earlier time than the share sleeps until.
  void add_share(Wake wake) { shares_.emplace_back(std::move(wake)); }

  void set_due(std::size_t shard, std::int64_t due_ms);
  std::int64_t due_ms(std::size_t shard) const { return due_ms_[shard].load(); }

  // The share sleeps from here on. Returns until when; kNothingDue: until it is woken.
  std::int64_t sleep(std::size_t share);

 private:
  struct Share {
    explicit Share(Wake wake_in) : wake(std::move(wake_in)) {}
    // In the past while it works.
    std::atomic<std::int64_t> sleeps_until_ms{kNothingDue};
    const Wake wake;
  };

  std::int64_t earliest(std::size_t share) const;

  std::vector<std::atomic<std::int64_t>> due_ms_;
  std::deque<Share> shares_;
};

}  // namespace weir::redis
