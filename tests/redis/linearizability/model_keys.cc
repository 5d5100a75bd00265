// Keys whatever their type, SWAPDB among them.
#include <cstddef>
#include <string>
#include <utility>

#include "tests/redis/linearizability/model_command.h"
#include "tests/redis/linearizability/model_reply.h"

namespace weir::redis::model {
namespace {

constexpr std::string_view kSame = "-ERR source and destination objects are the same";

Reply del(ModelCall& call) {
  std::size_t removed = 0;
  for (std::size_t i = 1; i < call.words.size(); ++i) {
    if (call.keyspace.remove(call.place(i))) ++removed;
  }
  return integer(removed);
}

Reply exists(ModelCall& call) {
  std::size_t present = 0;
  for (std::size_t i = 1; i < call.words.size(); ++i) {
    if (call.keyspace.find(call.place(i)) != nullptr) ++present;
  }
  return integer(present);
}

Reply rename(ModelCall& call) {
  const Value* const found = call.keyspace.find(call.place(1));
  if (found == nullptr) return "-ERR no such key";
  if (call.words[1] == call.words[2]) return ok();
  Value value = *found;
  call.keyspace.remove(call.place(1));
  call.keyspace.store(call.place(2), std::move(value));
  return ok();
}

// COPY source target [DB n] [REPLACE]
Reply copy(ModelCall& call) {
  Place target = call.place(2);
  bool replaces = false;
  for (std::size_t i = 3; i < call.words.size(); ++i) {
    if (call.words[i] == "DB") {
      target.database = static_cast<std::size_t>(call.words[++i][0] - '0');
    } else {
      replaces = true;
    }
  }
  if (call.place(1) == target) return std::string(kSame);
  const Value* const source = call.keyspace.find(call.place(1));
  if (source == nullptr) return integer(0);
  if (!replaces && call.keyspace.find(target) != nullptr) return integer(0);
  call.keyspace.store(target, Value(*source));
  return integer(1);
}

Reply move(ModelCall& call) {
  const Place target{static_cast<std::size_t>(call.words[2][0] - '0'), call.words[1]};
  if (target.database == call.database) return std::string(kSame);
  const Value* const source = call.keyspace.find(call.place(1));
  if (source == nullptr || call.keyspace.find(target) != nullptr) return integer(0);
  Value value = *source;
  call.keyspace.remove(call.place(1));
  call.keyspace.store(target, std::move(value));
  return integer(1);
}

Reply swapdb(ModelCall& call) {
  if (call.words[1] != call.words[2]) call.keyspace.swap_databases();
  return ok();
}

constexpr ModelCommand kRows[] = {
    {"COPY", 1, 2, 1, Extent::kEveryDatabase, copy},
    {"DEL", 1, -1, 1, Extent::kItsKeys, del},
    {"EXISTS", 1, -1, 1, Extent::kItsKeys, exists},
    {"MOVE", 1, 1, 1, Extent::kEveryDatabase, move},
    {"RENAME", 1, 2, 1, Extent::kItsKeys, rename},
    {"SWAPDB", 0, 0, 1, Extent::kEverything, swapdb},
};

}  // namespace

const std::span<const ModelCommand> kKeyCommands = kRows;

}  // namespace weir::redis::model
