#include "core/address_hash.h"

#include <set>
#include <string>

#include "gtest/gtest.h"

namespace weir {
namespace {

Address parsed(const std::string& text) { return Address::parse(text).value(); }

TEST(AddressHashTest, FollowsFromFamilyIpAndPort) {
  EXPECT_EQ(address_hash(parsed("udp://127.0.0.1:9")), address_hash(parsed("tcp://127.0.0.1:9")));
  EXPECT_NE(address_hash(parsed("udp://127.0.0.1:9")), address_hash(parsed("udp://127.0.0.1:10")));
  EXPECT_NE(address_hash(parsed("udp://127.0.0.1:9")), address_hash(parsed("udp://127.0.0.2:9")));
  EXPECT_NE(address_hash(parsed("udp://[::1]:9")), address_hash(parsed("udp://[::2]:9")));
}

// The low bits choose the bucket.
TEST(AddressHashTest, SpreadsThePortsOfOneHost) {
  std::set<std::size_t> buckets;
  for (int port = 1; port <= 4096; ++port) {
    buckets.insert(address_hash(parsed("udp://10.0.0.1:" + std::to_string(port))) % 65'536);
  }
  EXPECT_GT(buckets.size(), 3600U);
}

}  // namespace
}  // namespace weir
