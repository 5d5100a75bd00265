// The slow log: the latest commands that took longer than slowlog-log-slower-than says. Its form is
// that of SLOWLOG's documentation: of a request at most 32 words, of a word at most 128 bytes.
// Thread rule: any thread, under an own lock that is held briefly.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir::redis {

class SlowLog {
 public:
  struct Entry {
    std::uint64_t id = 0;   // counts up from the server's start
    std::int64_t time = 0;  // of its end, in seconds since the epoch
    std::int64_t duration_us = 0;
    std::vector<std::string> arguments;
    std::string address;  // the client's
    std::string name;
  };

  // As much of a request as is logged: a word too long, and the words too many, become a note of
  // how many they are.
  static std::vector<std::string> abridge(std::span<const std::string_view> arguments);

  // Gives it an id. Of more than `max_size` entries the oldest go.
  void add(Entry entry, std::size_t max_size);
  void trim(std::size_t max_size);
  void clear();
  std::size_t size();
  // The latest first, at most so many.
  std::vector<Entry> latest(std::size_t count);

 private:
  std::mutex mutex_;
  std::deque<Entry> entries_;  // the latest in front
  std::uint64_t next_id_ = 0;
};

}  // namespace weir::redis
