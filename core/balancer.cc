#include "core/balancer.h"

#include <algorithm>
#include <array>

#include "core/check.h"

namespace weir {
namespace {

constexpr std::array<std::string_view, 3> kPolicyNames = {"round_robin", "least_connections",
                                                          "source_ip_hash"};

// FNV-1a with a final mix (the murmur3 finalizer): hosts of one subnet differ in their last byte
// only, and FNV's low bits alone would follow it.
uint64_t hash_bytes(std::span<const uint8_t> bytes) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const uint8_t byte : bytes) hash = (hash ^ byte) * 0x100000001b3;
  hash = (hash ^ hash >> 33) * 0xff51afd7ed558ccd;
  return hash ^ hash >> 33;
}

}  // namespace

std::string_view balancer_policy_name(BalancerPolicy policy) {
  return kPolicyNames[static_cast<size_t>(policy)];
}

Result<BalancerPolicy> parse_balancer_policy(std::string_view name) {
  const auto found = std::find(kPolicyNames.begin(), kPolicyNames.end(), name);
  if (found == kPolicyNames.end()) {
    return Status::error("expected round_robin, least_connections or source_ip_hash");
  }
  return static_cast<BalancerPolicy>(found - kPolicyNames.begin());
}

size_t Balancer::pick(const Address& peer, std::span<const std::atomic<uint32_t>* const> loads) {
  WEIR_CHECK(!loads.empty());
  switch (policy_) {
    case BalancerPolicy::kRoundRobin:
      break;
    case BalancerPolicy::kLeastConnections:
      return least_loaded(loads);
    case BalancerPolicy::kSourceIpHash:
      if (peer.is_ip()) return hash_bytes(peer.ip_bytes()) % loads.size();
      break;
  }
  return next_round_robin(loads.size());
}

size_t Balancer::next_round_robin(size_t reactors) {
  const size_t picked = next_ % reactors;
  next_ = picked + 1;
  return picked;
}

size_t Balancer::least_loaded(std::span<const std::atomic<uint32_t>* const> loads) {
  const size_t start = next_round_robin(loads.size());
  size_t best = start;
  uint32_t least = loads[start]->load(std::memory_order_relaxed);
  for (size_t step = 1; step < loads.size(); ++step) {
    const size_t index = (start + step) % loads.size();
    const uint32_t load = loads[index]->load(std::memory_order_relaxed);
    if (load < least) {
      least = load;
      best = index;
    }
  }
  return best;
}

}  // namespace weir
