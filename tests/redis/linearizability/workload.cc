#include "tests/redis/linearizability/workload.h"

#include <random>
#include <sstream>
#include <utility>

#include "base/check.h"

namespace weir::redis {
namespace {

constexpr std::string_view kStrings[] = {"SET K V",    "GET K",     "INCR K",    "DEL K",
                                         "APPEND K V", "SETNX K V", "GETSET K V"};
constexpr std::string_view kLists[] = {"LPUSH K V",     "RPUSH K V V",  "LPOP K",
                                       "RPOP K",        "LLEN K",       "LMOVE K L E E",
                                       "LMOVE K K E E", "LRANGE K 0 -1"};
constexpr std::string_view kSets[] = {"SADD K M",      "SREM K M",      "SMOVE K L M",
                                      "SCARD K",       "DEL K",         "SORT K ALPHA STORE L",
                                      "SISMEMBER K M", "LRANGE K 0 -1", "SORT K ALPHA STORE K"};
constexpr std::string_view kKeys[] = {"MSET K V P L V", "MSET K V P L V",   "MSET K V P L V",
                                      "MGET K L",       "MGET K L",         "RENAME K L",
                                      "COPY K L",       "COPY K L REPLACE", "DEL K P L",
                                      "EXISTS K P L",   "INCR K",           "SET K V",
                                      "GET K",          "LPUSH K V"};
constexpr std::string_view kWaits[] = {"BLPOP K T", "BRPOP K T",   "BLPOP K L T",   "BRPOP K L T",
                                       "LPUSH K V", "RPUSH K V V", "RPUSH K V",     "LLEN K",
                                       "LPOP K",    "RENAME K L",  "LMOVE K L E E", "DEL K"};
constexpr std::string_view kMoves[] = {"BLMOVE K L E E T", "BLMOVE K L E E T", "BLMOVE K K E E T",
                                       "BLPOP K T",        "BRPOP K L T",      "LMOVE K L E E",
                                       "LPUSH K V",        "RPUSH K V V",      "RPUSH K V",
                                       "LRANGE K 0 -1",    "SET K V",          "DEL K"};
constexpr std::string_view kMixed[] = {
    "SET K V", "GET K",         "INCR K", "MGET K L",   "MSET K V P L V", "RPUSH K V",
    "RPOP K",  "LMOVE K L E E", "DEL K",  "RENAME K L", "APPEND K V",     "COPY K L REPLACE"};
constexpr std::string_view kDatabases[] = {"SWAPDB 0 1",    "COPY K L DB D REPLACE",
                                           "COPY K K DB D", "MOVE K D",
                                           "SET K V",       "GET K",
                                           "DEL K",         "MGET K L",
                                           "RPUSH K V",     "LPOP K",
                                           "BLPOP K T"};

constexpr Workload kWorkloads[] = {
    {"Strings", kStrings, 0, 0, false},    {"Lists", kLists, 0, 0, false},
    {"Sets", kSets, 1, 0, false},          {"Keys", kKeys, 0, 0, false},
    {"Waits", kWaits, 1, 0, false},        {"Moves", kMoves, 1, 0, false},
    {"Transactions", kMixed, 5, 3, false}, {"Databases", kDatabases, 2, 2, true},
};

// What P stands for; even, as MSET takes pairs.
constexpr std::size_t kPadding = 100;

class Planner {
 public:
  Planner(const Workload& workload, const std::vector<std::string>& keys, std::uint32_t seed)
      : workload_(workload), keys_(keys), random_(seed) {}

  Plan plan(std::size_t clients, std::size_t rounds) {
    watches_.resize(clients);
    Plan plan(rounds);
    for (std::size_t round = 0; round < rounds; ++round) {
      for (std::size_t client = 0; client < clients; ++client) {
        plan[round].push_back(plan_burst(client, round + 1 == rounds));
      }
    }
    return plan;
  }

 private:
  std::size_t below(std::size_t end) {
    return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_);
  }

  Burst plan_burst(std::size_t client, bool last_round) {
    database_ = database_of(workload_, client);
    Burst burst;
    if (watches_[client]) add(burst, transaction());
    watches_[client] = !last_round && below(10) < workload_.watches;
    for (std::size_t wanted = burst.size() + 1 + below(3); burst.size() < wanted;) {
      add(burst,
          below(10) < workload_.transactions ? transaction() : std::vector<Words>{command()});
    }
    if (watches_[client]) {
      const std::string& key = keys_[below(keys_.size())];
      add(burst, {{"WATCH", key}});
      add(burst, {{"GET", key}});
    }
    return burst;
  }

  void add(Burst& burst, std::vector<Words> commands) const {
    const bool is_transaction = commands.size() > 1;
    burst.push_back(
        {.commands = std::move(commands), .is_transaction = is_transaction, .database = database_});
  }

  std::vector<Words> transaction() {
    std::vector<Words> commands(2 + below(2));
    for (Words& words : commands) words = command();
    commands.insert(commands.begin() + 1, command_of("EXISTS P"));
    return commands;
  }

  Words command() { return command_of(workload_.commands[below(workload_.commands.size())]); }

  Words command_of(std::string_view text) {
    const std::size_t key = below(keys_.size());
    const std::size_t other = (key + 1 + below(keys_.size() - 1)) % keys_.size();
    std::istringstream pattern{std::string(text)};
    Words words;
    for (std::string word; pattern >> word;) {
      const std::size_t times = word == "P" ? kPadding : 1;
      words.insert(words.end(), times, word.size() == 1 ? fill(word[0], key, other) : word);
    }
    return words;
  }

  // What a letter of a pattern stands for; a digit stands for itself.
  std::string fill(char letter, std::size_t key, std::size_t other) {
    switch (letter) {
      case 'K':
        return keys_[key];
      case 'L':
        return keys_[other];
      case 'P':
        return "pad";
      case 'V':
        return std::to_string(values_ += 10);
      case 'M':
        return std::string(1, static_cast<char>('p' + below(4)));
      case 'E':
        return below(2) == 0 ? "LEFT" : "RIGHT";
      case 'D':
        return std::to_string(1 - database_);
      case 'T':
        return "0.00" + std::to_string(1 + below(4));
      default:
        return std::string(1, letter);
    }
  }

  const Workload& workload_;
  const std::vector<std::string>& keys_;
  std::mt19937 random_;
  std::size_t database_ = 0;
  std::vector<bool> watches_;  // by client, from the round before
  int values_ = 0;
};

}  // namespace

std::span<const Workload> all_workloads() { return kWorkloads; }

std::size_t database_of(const Workload& workload, std::size_t client) {
  return workload.two_databases ? client % 2 : 0;
}

Plan make_plan(const Workload& workload, const std::vector<std::string>& keys, std::size_t clients,
               std::size_t rounds, std::uint32_t seed) {
  WEIR_CHECK(keys.size() >= 2);
  return Planner(workload, keys, seed).plan(clients, rounds);
}

}  // namespace weir::redis
