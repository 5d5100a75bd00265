// How much output a client may leave unread, by its class: client-output-buffer-limit. Beyond the
// hard limit it is closed at once, beyond the soft one when it has been so for some seconds; 0 is
// none. Thread rule: OutputLimits any thread, a class's three numbers being read one by one;
// OutputWatch the client's.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace weir::redis {

// There are no replicas: theirs is kept for who sets it.
enum class ClientClass : std::uint8_t { kNormal, kReplica, kPubSub };

struct OutputLimit {
  std::atomic<std::size_t> hard{0};
  std::atomic<std::size_t> soft{0};
  std::atomic<std::int64_t> soft_seconds{0};
};

class OutputLimits {
 public:
  // Redis' defaults.
  OutputLimits();

  const OutputLimit& of(ClientClass which) const {
    return limits_[static_cast<std::size_t>(which)];
  }
  // "normal 0 0 0 pubsub 32mb 8mb 60": a class that is not named keeps what it has. All or nothing;
  // the error is Redis' sentence.
  Status set(std::string_view words);
  // All classes, in bytes.
  std::string text() const;

  static std::string_view name(ClientClass which);

 private:
  std::array<OutputLimit, 3> limits_;
};

// Since when one client has been over its soft limit.
class OutputWatch {
 public:
  enum class Excess : std::uint8_t { kNone, kHard, kSoft };

  Excess check(const OutputLimit& limit, std::size_t size, std::int64_t now_ms) {
    const std::size_t hard = limit.hard.load(std::memory_order_relaxed);
    if (hard != 0 && size >= hard) return Excess::kHard;
    const std::size_t soft = limit.soft.load(std::memory_order_relaxed);
    if (soft == 0 || size < soft) {
      over_since_ms_ = 0;
    } else if (over_since_ms_ == 0) {
      over_since_ms_ = now_ms;
    } else if (now_ms - over_since_ms_ >
               limit.soft_seconds.load(std::memory_order_relaxed) * 1000 + kLagMs) {
      return Excess::kSoft;
    }
    return Excess::kNone;
  }

 private:
  // A batch's time, or the coarse clock's, may be so old: nobody is cut off too early.
  static constexpr std::int64_t kLagMs = 10;

  std::int64_t over_since_ms_ = 0;  // 0: it is not
};

}  // namespace weir::redis
