// Which reactor gets a new connection.
// The acceptor's thread only; the loads are other threads' counters, read relaxed: a count that is
// some connections old balances as well.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/random.h"
#include "base/status.h"
#include "core/address.h"

namespace weir {

enum class BalancerPolicy {
  kRoundRobin,
  kLeastConnections,  // ties go round, so that equal reactors share a burst
  kSourceIpHash,      // one host, one reactor: by its IP without the port; unix peers go round
  kRandom,
  kTwoChoices,      // the less loaded of two drawn at random: near the least, without asking all
  kConsistentHash,  // as kSourceIpHash; with another number of reactors few hosts move
};

// "round_robin", "least_connections", "source_ip_hash", "random", "two_choices",
// "consistent_hash".
std::string_view balancer_policy_name(BalancerPolicy policy);
// The reverse; the error says what is accepted.
Result<BalancerPolicy> parse_balancer_policy(std::string_view name);

class Balancer {
 public:
  // `seed` is what the random policies draw from.
  explicit Balancer(BalancerPolicy policy, uint64_t seed = Random::entropy())
      : policy_(policy), random_(seed) {}

  // The index, within `loads`, of the reactor for a connection from `peer`. loads[i] points to the
  // count of open connections of reactor i. REQUIRES: loads is not empty.
  size_t pick(const Address& peer, std::span<const std::atomic<uint32_t>* const> loads);

 private:
  size_t next_round_robin(size_t reactors);
  size_t least_loaded(std::span<const std::atomic<uint32_t>* const> loads);
  size_t less_loaded_of_two(std::span<const std::atomic<uint32_t>* const> loads);
  size_t draw(size_t reactors);

  BalancerPolicy policy_;
  size_t next_ = 0;  // where the next round starts
  Random random_;
};

}  // namespace weir
