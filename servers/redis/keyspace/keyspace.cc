#include "servers/redis/keyspace/keyspace.h"

namespace weir::redis {

Keyspace::Keyspace(std::size_t databases, bool parallel)
    : parallel_(parallel), populations_(databases) {
  for (Population& population : populations_) {
    Database& database = *databases_.emplace_back(std::make_unique<Database>());
    for (std::size_t i = 0; i < kShards; ++i) database[i].set_population(population, i);
  }
}

Keyspace::~Keyspace() {
  if (!left_to_system_) return;
// Who looks for leaks can't follow the pointers of six bytes in the tables.
#if !defined(__SANITIZE_ADDRESS__)
  for (std::unique_ptr<Database>& database : databases_) database.release();
#endif
}

void Keyspace::set_listener(KeyListener& listener) {
  for (std::size_t number = 0; number < databases_.size() * kShards; ++number) {
    shard_numbered(number).set_listener(listener, number);
  }
}

void Keyspace::set_clock(const AccessClock& clock) {
  for (std::size_t number = 0; number < databases_.size() * kShards; ++number) {
    shard_numbered(number).set_clock(clock);
  }
}

}  // namespace weir::redis
