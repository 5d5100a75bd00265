#include "servers/redis/call.h"

#include "servers/redis/types/integer_text.h"

namespace weir::redis {

Entry* Call::read_entry(std::size_t i) {
  Entry* entry = find_entry(i);
  Stats& stats = server.stats(connection.reactor());
  (entry != nullptr ? stats.keyspace_hits : stats.keyspace_misses).add();
  return entry;
}

bool Call::find_string(std::size_t i, Entry*& entry) {
  entry = find_entry(i);
  if (entry == nullptr || entry->type() == Type::kString) return true;
  wrong_type();
  return false;
}

bool Call::find_text(std::size_t i, std::optional<std::string_view>& text) {
  Entry* entry = nullptr;
  text.reset();
  if (!find_string(i, entry)) return false;
  if (entry != nullptr) text = entry->text();
  return true;
}

void Call::changed_key(Shard& shard, std::string_view name) {
  shard.touch(name);
  server.stats(connection.reactor()).changes.add();
}

bool Call::remove(std::size_t i) {
  if (find_entry(i) == nullptr) return false;
  shard(i).erase(key(i));
  changed(i);
  return true;
}

void Call::error(std::string_view message) {
  server.stats(connection.reactor()).error_replies.add();
  // Line ends that a quoted argument left behind.
  while (message.ends_with('\n') || message.ends_with('\r')) message.remove_suffix(1);
  reply.error(message);
}

void Call::wrong_type() {
  error("WRONGTYPE Operation against a key holding the wrong kind of value");
}

bool Call::integer(std::size_t i, std::int64_t& value) {
  return integer(i, value, "ERR value is not an integer or out of range");
}

bool Call::integer(std::size_t i, std::int64_t& value, std::string_view message) {
  const std::optional<std::int64_t> parsed = parse_integer(arguments_[i]);
  if (!parsed) {
    error(message);
    return false;
  }
  value = *parsed;
  return true;
}

std::mt19937_64& Call::random() {
  thread_local std::mt19937_64 engine{std::random_device{}()};
  return engine;
}

}  // namespace weir::redis
