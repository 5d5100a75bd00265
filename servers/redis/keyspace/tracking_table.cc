#include "servers/redis/keyspace/tracking_table.h"

#include <algorithm>
#include <utility>

namespace weir::redis {

TrackingTable::Readers& TrackingTable::readers_of(std::string_view key) {
  const auto found = keys_.find(key);
  return found != keys_.end() ? found->second : keys_[std::string(key)];
}

bool TrackingTable::contains(const Readers& readers, ConnectionId reader) {
  return std::binary_search(readers.begin(), readers.end(), reader);
}

void TrackingTable::insert(Readers& readers, ConnectionId reader) {
  readers.insert(std::lower_bound(readers.begin(), readers.end(), reader), reader);
}

TrackingTable::Readers TrackingTable::take(std::string_view key) {
  const auto found = keys_.find(key);
  if (found == keys_.end()) return {};
  Readers readers = std::move(found->second);
  items_ -= readers.size();
  keys_.erase(found);
  // Of many empty buckets sample() would have to pass most.
  if (keys_.bucket_count() > kSparse * (keys_.size() + 1)) keys_.rehash(0);
  return readers;
}

// A random bucket, and from there on the first that has a key.
const std::string& TrackingTable::sample(std::uint64_t random) const {
  std::size_t bucket = random % keys_.bucket_count();
  while (keys_.bucket_size(bucket) == 0) bucket = (bucket + 1) % keys_.bucket_count();
  return keys_.begin(bucket)->first;
}

void TrackingTable::clear() {
  keys_ = decltype(keys_)();  // without its buckets
  items_ = 0;
}

}  // namespace weir::redis
