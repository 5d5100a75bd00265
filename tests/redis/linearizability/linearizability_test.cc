// Random clients on a server whose handlers run at the same time: whatever they are told must be
// what one server told them that does one thing after the other. Each history is short and judged
// as a whole; a failure prints it with the seed of its plan.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdio>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "core/clock.h"
#include "servers/redis/keyspace/keyspace.h"
#include "servers/redis/types/key_hash.h"
#include "tests/redis/linearizability/concurrent_clients.h"
#include "tests/redis/linearizability/linearization.h"
#include "tests/redis/linearizability/workload.h"
#include "tests/redis/redis_fixture.h"

namespace weir::redis {
namespace {

constexpr std::size_t kClients = 6;
constexpr std::size_t kRounds = 4;
constexpr std::size_t kKeys = 3;
// For each workload and setup; on one thread the model itself is what is tested.
constexpr std::int64_t kParallelMs = 1200;
constexpr std::int64_t kSingleMs = 300;

using Case = std::tuple<Setup, Workload>;

class LinearizabilityTest : public testing::TestWithParam<Case> {};

// Keys of different shards: what the model takes for granted.
std::vector<std::string> make_keys() {
  std::vector<std::string> keys;
  std::set<std::size_t> shards;
  for (int i = 0; keys.size() < kKeys; ++i) {
    const std::string key = "k" + std::to_string(i);
    if (shards.insert(Keyspace::shard_index(key_hash(key))).second) keys.push_back(key);
  }
  return keys;
}

std::vector<std::size_t> databases_of(const Workload& workload) {
  std::vector<std::size_t> databases;
  for (std::size_t client = 0; client < kClients; ++client) {
    databases.push_back(database_of(workload, client));
  }
  return databases;
}

TEST_P(LinearizabilityTest, HistoriesAreLegal) {
  const auto& [setup, workload] = GetParam();
  const bool parallel = setup.threads > 1;
  const Locking locking = parallel ? Locking::kByKey : Locking::kWhole;
  const std::vector<std::string> keys = make_keys();
  RedisServer server(setup);
  RedisClient cleaner(server.port());
  ConcurrentClients clients(server, databases_of(workload));
  std::size_t states = 0;
  unsigned undecided = 0;
  std::uint32_t seed = 0;
  const std::int64_t end = monotonic_ms() + (parallel ? kParallelMs : kSingleMs);
  for (; monotonic_ms() < end; ++seed) {
    ASSERT_EQ(cleaner.command("FLUSHALL"), "+OK");
    const History history = clients.run(make_plan(workload, keys, kClients, kRounds, seed));
    ASSERT_FALSE(HasFailure()) << "seed " << seed << "\n" << history_text(history);
    const Judgement judgement = judge(history, locking);
    states += judgement.states;
    undecided += judgement.verdict == Verdict::kUndecided ? 1 : 0;
    ASSERT_NE(judgement.verdict, Verdict::kIllegal)
        << "seed " << seed << ", " << judgement.states << " states\n"
        << history_text(history) << judgement.explanation;
  }
  std::printf("%u histories, %zu states each, %u undecided\n", seed, states / seed, undecided);
  EXPECT_LE(undecided, 2 + seed / 4);
}

std::vector<Setup> setups() {
  std::vector<Setup> setups = parallel_setups();
  setups.push_back({ThreadingModel::kSingle, BackendKind::kEpoll, 1});
  return setups;
}

std::string name_of(const testing::TestParamInfo<Case>& info) {
  return std::string(std::get<1>(info.param).name) + "_" + setup_name(std::get<0>(info.param));
}

INSTANTIATE_TEST_SUITE_P(All, LinearizabilityTest,
                         testing::Combine(testing::ValuesIn(setups()),
                                          testing::ValuesIn(all_workloads().begin(),
                                                            all_workloads().end())),
                         name_of);

}  // namespace
}  // namespace weir::redis
