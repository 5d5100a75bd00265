#include "core/balancer.h"

#include <array>

#include "base/check.h"
#include "core/flags.h"

namespace weir {
namespace {

constexpr std::array<std::string_view, 6> kPolicyNames = {"round_robin",    "least_connections",
                                                          "source_ip_hash", "random",
                                                          "two_choices",    "consistent_hash"};

// FNV-1a with a final mix (the murmur3 finalizer): hosts of one subnet differ in their last byte
// only, and FNV's low bits alone would follow it.
uint64_t hash_bytes(std::span<const uint8_t> bytes) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const uint8_t byte : bytes) hash = (hash ^ byte) * 0x100000001b3;
  hash = (hash ^ hash >> 33) * 0xff51afd7ed558ccd;
  return hash ^ hash >> 33;
}

// Jump consistent hash (Lamping and Veach, 2014): going from n to n + 1 buckets moves one hash in
// n + 1, each to the new bucket. O(log buckets), no memory.
size_t jump_hash(uint64_t hash, size_t buckets) {
  uint64_t bucket = 0;
  for (uint64_t next = 0; next < buckets;) {
    bucket = next;
    hash = hash * 2862933555777941757ULL + 1;
    next = static_cast<uint64_t>(static_cast<double>(bucket + 1) * 2147483648.0 /
                                 static_cast<double>((hash >> 33) + 1));
  }
  return bucket;
}

uint32_t load_of(const std::atomic<uint32_t>* load) {
  return load->load(std::memory_order_relaxed);
}

}  // namespace

std::string_view balancer_policy_name(BalancerPolicy policy) {
  return kPolicyNames[static_cast<size_t>(policy)];
}

Result<BalancerPolicy> parse_balancer_policy(std::string_view name) {
  const Result<std::size_t> index = parse_choice(name, kPolicyNames);
  if (!index.is_ok()) return index.status();
  return static_cast<BalancerPolicy>(index.value());
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
    case BalancerPolicy::kRandom:
      return draw(loads.size());
    case BalancerPolicy::kTwoChoices:
      return less_loaded_of_two(loads);
    case BalancerPolicy::kConsistentHash:
      if (peer.is_ip()) return jump_hash(hash_bytes(peer.ip_bytes()), loads.size());
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
  uint32_t least = load_of(loads[start]);
  for (size_t step = 1; step < loads.size(); ++step) {
    const size_t index = (start + step) % loads.size();
    const uint32_t load = load_of(loads[index]);
    if (load < least) {
      least = load;
      best = index;
    }
  }
  return best;
}

// Mitzenmacher: with n connections on n reactors the fullest has O(log log n) too many, where one
// random choice has O(log n).
size_t Balancer::less_loaded_of_two(std::span<const std::atomic<uint32_t>* const> loads) {
  if (loads.size() == 1) return 0;
  const size_t first = draw(loads.size());
  const size_t second = (first + 1 + draw(loads.size() - 1)) % loads.size();
  return load_of(loads[second]) < load_of(loads[first]) ? second : first;
}

size_t Balancer::draw(size_t reactors) { return random_.below(reactors); }

}  // namespace weir
