// CLIENT PAUSE: for some time no client's commands are executed, or none that write.
// Thread rule: any thread. Who is about to wait says so before it asks again: then either it sees
// the end of the pause, or who ends it sees that it waits.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <mutex>

namespace weir::redis {

class Pause {
 public:
  // Until `end_ms`, wall time. A pause that lasts only grows: in time, and from writes to all.
  void begin(bool all, std::int64_t end_ms, std::int64_t now_ms) {
    const std::lock_guard lock(changing_);
    const std::int64_t before = end_ms_;
    const bool lasts = before > now_ms;
    all_ = all || (lasts && all_);
    end_ms_ = lasts ? std::max(before, end_ms) : end_ms;
  }
  void end() {
    const std::lock_guard lock(changing_);
    end_ms_ = 0;
  }

  // Whether there is one.
  bool lasts(std::int64_t now_ms) const { return end_ms_.load() > now_ms; }
  // How long what writes, or does not, has to wait: 0 for nothing to wait for.
  std::int64_t left_ms(bool writes, std::int64_t now_ms) const {
    const std::int64_t end_ms = end_ms_;
    if (end_ms <= now_ms || (!writes && !all_)) return 0;
    return end_ms - now_ms;
  }

 private:
  std::mutex changing_;
  std::atomic<bool> all_{false};
  std::atomic<std::int64_t> end_ms_{0};
};

}  // namespace weir::redis
