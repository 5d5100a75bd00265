// The commands of the model: their names, their keys, what they do. The semantics are those of
// Redis 7.0's documentation.
//
// Thread rule: constants.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/redis/linearizability/keyspace_model.h"

namespace weir::redis {

// One execution.
struct ModelCall {
  KeyspaceModel& keyspace;
  std::size_t database;
  const Words& words;
  // When it is tried again for one key: that key.
  const std::string* awaited = nullptr;

  Place place(std::size_t i) const { return {database, words[i]}; }
};

enum class Extent { kItsKeys, kEveryDatabase, kEverything };

struct ModelCommand {
  std::string_view name;
  // The positions of its keys: first, last (from the end where negative), step. 0: none.
  std::size_t first;
  int last;
  std::size_t step;
  Extent extent;
  std::optional<std::string> (*execute)(ModelCall& call);

  std::vector<std::string> keys_of(const Words& words) const;
};

namespace model {

extern const std::span<const ModelCommand> kStringCommands;
extern const std::span<const ModelCommand> kKeyCommands;
extern const std::span<const ModelCommand> kListCommands;
extern const std::span<const ModelCommand> kSetCommands;

}  // namespace model

// REQUIRES: there is one.
const ModelCommand& find_model_command(std::string_view name);

}  // namespace weir::redis
