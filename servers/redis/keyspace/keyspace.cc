#include "servers/redis/keyspace/keyspace.h"

namespace weir::redis {

Keyspace::Keyspace(std::size_t databases, bool parallel) : parallel_(parallel) {
  for (std::size_t i = 0; i < databases; ++i) databases_.push_back(std::make_unique<Database>());
}

void Keyspace::set_listener(KeyListener& listener) {
  for (std::size_t number = 0; number < databases_.size() * kShards; ++number) {
    shard_numbered(number).set_listener(listener, number);
  }
}

}  // namespace weir::redis
