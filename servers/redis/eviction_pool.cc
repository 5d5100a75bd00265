#include "servers/redis/eviction_pool.h"

#include <algorithm>

namespace weir::redis {

void EvictionPool::offer(std::int64_t score, std::size_t database, Key key) {
  const auto begin = candidates_.begin();
  auto end = begin + static_cast<std::ptrdiff_t>(size_);
  const auto same = std::find_if(begin, end, [&](const Candidate& candidate) {
    return candidate.hash == key.hash && candidate.database == database &&
           candidate.name == key.name;
  });
  if (same != end) {
    std::rotate(same, same + 1, end);  // its slot comes last, to be filled anew
    --size_;
  } else if (size_ == kSize) {
    if (score <= begin->score) return;
    std::rotate(begin, begin + 1, end);
    --size_;
  }
  end = begin + static_cast<std::ptrdiff_t>(size_);
  Candidate& made = *end;
  made.score = score;
  made.database = database;
  made.hash = key.hash;
  made.name = key.name;
  const auto place = std::upper_bound(
      begin, end, score,
      [](std::int64_t wanted, const Candidate& candidate) { return wanted < candidate.score; });
  std::rotate(place, end, end + 1);
  ++size_;
}

void EvictionPool::set_policy(EvictionPolicy policy) {
  if (policy != policy_) size_ = 0;
  policy_ = policy;
}

}  // namespace weir::redis
