// What random clients do: commands of some kind on a few keys, alone, in bursts, in transactions.
//
// Thread rule: a constant; plans are values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/redis/linearizability/history.h"

namespace weir::redis {

// Operations that are sent without waiting for replies in between.
using Burst = std::vector<Operation>;
// By round and client: all have the replies of a round before the next begins.
using Plan = std::vector<std::vector<Burst>>;

// Of ten operations `transactions` are transactions of 2 to 4 commands, and `watches` come as
// WATCH, GET, and such a transaction in the next round.
struct Workload {
  std::string_view name;
  // In these K is a key and L another, V a value that nobody else writes, M a member of four, E an
  // end, D a database, T a timeout of a few milliseconds. P is a key that nobody looks at, many
  // times over: it makes a command take its time, so that others meet it.
  std::span<const std::string_view> commands;
  unsigned transactions;
  unsigned watches;
  // Clients use databases 0 and 1 by turns, else 0.
  bool two_databases;
};

std::span<const Workload> all_workloads();

// The database that a client selects.
std::size_t database_of(const Workload& workload, std::size_t client);

// The same plan for the same seed, of bursts of one to three operations. REQUIRES: two keys at
// least.
Plan make_plan(const Workload& workload, const std::vector<std::string>& keys, std::size_t clients,
               std::size_t rounds, std::uint32_t seed);

}  // namespace weir::redis
