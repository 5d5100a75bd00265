// How many errors were replied, by their code: INFO's errorstats. Each reactor has one.
// Thread rule: any thread; its lock is met by others only while somebody asks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace weir::redis {

using ErrorCodes = std::map<std::string, std::uint64_t, std::less<>>;

class ErrorCounts {
 public:
  // "ERR syntax error" counts as ERR, as does what has no code among its first 31 characters.
  void count(std::string_view message) {
    constexpr std::size_t kMaxCode = 30;
    const std::size_t end = message.find(' ');
    add(end <= kMaxCode ? message.substr(0, end) : "ERR");
  }
  void add_to(ErrorCodes& sum) {
    const std::lock_guard lock(mutex_);
    for (const auto& [code, count] : counts_) sum[code] += count;
  }
  void clear() {
    const std::lock_guard lock(mutex_);
    counts_.clear();
  }

 private:
  // Redis' own are some thirty. What clients let the server reply with must not fill its memory.
  static constexpr std::size_t kMaxCodes = 128;

  void add(std::string_view code) {
    const std::lock_guard lock(mutex_);
    const auto found = counts_.find(code);
    if (found != counts_.end()) {
      ++found->second;
    } else if (counts_.size() < kMaxCodes) {
      counts_.emplace(code, 1);
    }
  }

  std::mutex mutex_;
  ErrorCodes counts_;
};

}  // namespace weir::redis
