// Keys that clients wait for and that this reactor has written since it last served them, each
// once but for those left over, in the order of their first write. Thread rule: the reactor's own
// thread.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::redis {

struct ReadyKey {
  std::size_t shard;  // its number
  std::string name;
  // Other shards that clients in line were found to need, those of keys that they move elements to.
  // They only get more: who stands in front may want none of what the key has, and need its shard
  // to find that out, while the next one needs another.
  std::vector<std::size_t> other_shards = {};
};

class ReadyKeys {
 public:
  bool empty() const { return keys_.empty(); }
  const ReadyKey& front() const { return keys_.front(); }

  void add(std::size_t shard, std::string_view name) {
    if (known_.emplace(shard, name).second) keys_.push_back({shard, std::string(name)});
  }
  // One that was taken and is left over. It may be there again by then: who looks at it a second
  // time finds nobody to serve.
  void add(ReadyKey key) { keys_.push_back(std::move(key)); }

  std::vector<ReadyKey> take() {
    known_.clear();
    return std::exchange(keys_, {});
  }

 private:
  std::vector<ReadyKey> keys_;
  std::set<std::pair<std::size_t, std::string>> known_;
};

}  // namespace weir::redis
