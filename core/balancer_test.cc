#include "core/balancer.h"

#include <array>
#include <map>
#include <string>

#include "gtest/gtest.h"

namespace weir {
namespace {

// Four reactors' connection counts.
class BalancerTest : public testing::Test {
 protected:
  static constexpr size_t kReactors = 4;

  static Address peer(const std::string& text) {
    Result<Address> address = Address::parse(text);
    EXPECT_TRUE(address.is_ok()) << address.status().message();
    return *address;
  }

  // Picks for `from` and counts the connection.
  size_t connect(Balancer& balancer, const Address& from = Address()) {
    const size_t picked = balancer.pick(from, loads_);
    EXPECT_LT(picked, kReactors);
    ++counts_[picked];
    return picked;
  }

  std::array<std::atomic<uint32_t>, kReactors> counts_{};
  std::array<const std::atomic<uint32_t>*, kReactors> loads_ = {&counts_[0], &counts_[1],
                                                                &counts_[2], &counts_[3]};
};

TEST_F(BalancerTest, RoundRobinGoesRound) {
  Balancer balancer(BalancerPolicy::kRoundRobin);
  for (size_t i = 0; i < 3 * kReactors; ++i) EXPECT_EQ(connect(balancer), i % kReactors);
}

TEST_F(BalancerTest, RoundRobinSurvivesFewerReactors) {
  Balancer balancer(BalancerPolicy::kRoundRobin);
  for (size_t i = 0; i < 3; ++i) connect(balancer);
  EXPECT_LT(balancer.pick(Address(), std::span(loads_).first(2)), 2U);
  EXPECT_EQ(balancer.pick(Address(), std::span(loads_).first(1)), 0U);
}

TEST_F(BalancerTest, LeastConnectionsFillsTheEmptiest) {
  counts_[0] = 5, counts_[1] = 3, counts_[2] = 9, counts_[3] = 4;
  Balancer balancer(BalancerPolicy::kLeastConnections);
  EXPECT_EQ(connect(balancer), 1U);
  for (int i = 0; i < 14; ++i) connect(balancer);
  for (const auto& count : counts_) EXPECT_EQ(count, 9U);
}

TEST_F(BalancerTest, LeastConnectionsSpreadsTies) {
  Balancer balancer(BalancerPolicy::kLeastConnections);
  std::map<size_t, int> picks;  // the counts stay equal: connections that end at once
  for (size_t i = 0; i < 10 * kReactors; ++i) ++picks[balancer.pick(Address(), loads_)];
  for (size_t i = 0; i < kReactors; ++i) EXPECT_EQ(picks[i], 10);
}

TEST_F(BalancerTest, SourceIpHashKeepsAHostOnOneReactor) {
  Balancer balancer(BalancerPolicy::kSourceIpHash);
  const size_t home = connect(balancer, peer("tcp://10.1.2.3:1"));
  for (int port = 2; port < 100; ++port) {
    EXPECT_EQ(connect(balancer, peer("tcp://10.1.2.3:" + std::to_string(port))), home);
  }
  EXPECT_EQ(connect(balancer, peer("tcp://[::ffff:10.1.2.3]:5")), home);
}

TEST_F(BalancerTest, SourceIpHashSpreadsTheHostsOfASubnet) {
  Balancer balancer(BalancerPolicy::kSourceIpHash);
  for (int host = 1; host <= 200; ++host) {
    connect(balancer, peer("tcp://192.168.1." + std::to_string(host) + ":5000"));
  }
  // Evenly would be 50 each; the hash is fixed, so this cannot flake.
  for (const auto& count : counts_) EXPECT_GT(count, 30U);
}

TEST_F(BalancerTest, UnixPeersGoRoundUnderSourceIpHash) {
  Balancer balancer(BalancerPolicy::kSourceIpHash);
  const Address unix_peer = peer("unix:/run/weir.sock");
  for (size_t i = 0; i < 2 * kReactors; ++i) EXPECT_EQ(connect(balancer, unix_peer), i % kReactors);
}

TEST_F(BalancerTest, RandomReachesEveryReactorEvenly) {
  Balancer balancer(BalancerPolicy::kRandom, 7);
  for (int i = 0; i < 4000; ++i) connect(balancer);
  for (const auto& count : counts_) EXPECT_NEAR(count, 1000, 120);
  EXPECT_EQ(balancer.pick(Address(), std::span(loads_).first(1)), 0U);
}

TEST_F(BalancerTest, TwoChoicesKeepTheLoadsTogether) {
  Balancer balancer(BalancerPolicy::kTwoChoices, 7);
  counts_[2] = 500;
  for (int i = 0; i < 1500; ++i) connect(balancer);
  // Two that are drawn are never the same, so the fullest of four gets nothing meanwhile.
  EXPECT_EQ(counts_[2], 500U);
  for (const auto& count : counts_) EXPECT_NEAR(count, 500, 5);
  EXPECT_EQ(balancer.pick(Address(), std::span(loads_).first(1)), 0U);
}

TEST_F(BalancerTest, ConsistentHashMovesFewHostsToANewReactor) {
  Balancer balancer(BalancerPolicy::kConsistentHash);
  int moved = 0;
  for (int host = 0; host < 1000; ++host) {
    const Address from =
        peer("tcp://10.0." + std::to_string(host / 250) + "." + std::to_string(host % 250) + ":1");
    const size_t before = balancer.pick(from, std::span(loads_).first(3));
    const size_t after = connect(balancer, from);
    EXPECT_EQ(balancer.pick(from, loads_), after);
    if (before == after) continue;
    ++moved;
    EXPECT_EQ(after, 3U);
  }
  EXPECT_NEAR(moved, 250, 50);
  for (const auto& count : counts_) EXPECT_NEAR(count, 250, 50);
}

TEST(BalancerPolicyTest, NamesGoBothWays) {
  for (const BalancerPolicy policy :
       {BalancerPolicy::kRoundRobin, BalancerPolicy::kLeastConnections,
        BalancerPolicy::kSourceIpHash, BalancerPolicy::kRandom, BalancerPolicy::kTwoChoices,
        BalancerPolicy::kConsistentHash}) {
    Result<BalancerPolicy> parsed = parse_balancer_policy(balancer_policy_name(policy));
    ASSERT_TRUE(parsed.is_ok());
    EXPECT_EQ(*parsed, policy);
  }
  EXPECT_EQ(parse_balancer_policy("best").status().message(),
            "expected round_robin, least_connections, source_ip_hash, random, two_choices or "
            "consistent_hash");
}

}  // namespace
}  // namespace weir
