// Who was refused by the access rules, here by a wrong password: ACL LOG. The same refusal within a
// minute counts instead of being another entry.
// Thread rule: any thread, under an own lock that is held briefly.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

namespace weir::redis {

class AclLog {
 public:
  struct Entry {
    std::uint64_t count = 1;
    std::string context;  // "toplevel", "multi"
    std::string object;   // the command, as it was written
    std::string user;
    std::string client;  // as CLIENT LIST has it
    std::int64_t time_ms = 0;
  };

  // Of more than `max_size` entries the oldest go.
  void add(Entry entry, std::size_t max_size);
  void clear();
  // The latest first, at most so many.
  std::vector<Entry> latest(std::size_t count);

 private:
  static constexpr std::int64_t kSameWithinMs = 60'000;

  std::mutex mutex_;
  std::deque<Entry> entries_;  // the latest in front
};

}  // namespace weir::redis
