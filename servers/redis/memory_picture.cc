#include "servers/redis/memory_picture.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "servers/redis/memory/heap_meter.h"

namespace weir::redis {
namespace {

std::size_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t total = 0;
  std::size_t resident = 0;
  statm >> total >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

MemoryPicture::Database add_up(Keyspace& keyspace, std::size_t number, const ShardLocks& held) {
  MemoryPicture::Database database{number, 0, 0, 0};
  for (std::size_t i = 0; i < Keyspace::kShards; ++i) {
    const ShardLock lock(keyspace, Keyspace::shard_number(number, i), &held);
    const Shard& shard = keyspace.shard_at(number, i);
    database.keys += shard.size();
    database.table_bytes += shard.table().allocated_bytes();
    database.expiry_bytes += shard.allocated_bytes() - shard.table().allocated_bytes();
  }
  return database;
}

double percent(std::size_t part, std::size_t whole) {
  return 100 * static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

std::size_t MemoryPicture::keys() const {
  std::size_t keys = 0;
  for (const Database& database : databases) keys += database.keys;
  return keys;
}

std::size_t MemoryPicture::overhead() const {
  std::size_t bytes = startup + clients;
  for (const Database& database : databases) bytes += database.table_bytes + database.expiry_bytes;
  return bytes;
}

std::size_t MemoryPicture::dataset() const { return used - std::min(used, overhead()); }

double MemoryPicture::peak_percent() const { return percent(used, std::max<std::size_t>(peak, 1)); }

double MemoryPicture::dataset_percent() const { return percent(dataset(), net()); }

double MemoryPicture::fragmentation() const {
  return static_cast<double>(resident) / static_cast<double>(std::max<std::size_t>(used, 1));
}

long long MemoryPicture::fragmentation_bytes() const {
  return static_cast<long long>(resident) - static_cast<long long>(used);
}

MemoryPicture take_memory_picture(Server& server, const ShardLocks& held) {
  MemoryPicture picture;
  picture.used = HeapMeter::used_bytes();
  server.memory_record().note(picture.used);
  picture.peak = server.memory_record().peak_bytes();
  picture.startup = server.memory_record().startup_bytes();
  picture.resident = resident_bytes();
  server.clients().for_each([&picture](Client& client) { picture.clients += client.memory(); });
  Keyspace& keyspace = server.keyspace();
  for (std::size_t number = 0; number < keyspace.databases(); ++number) {
    if (keyspace.population(number).with_keys() == 0) continue;
    picture.databases.push_back(add_up(keyspace, number, held));
  }
  return picture;
}

}  // namespace weir::redis
