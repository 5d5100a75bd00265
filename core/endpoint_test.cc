#include "core/endpoint.h"

#include <string>

#include "gtest/gtest.h"

namespace weir {
namespace {

TEST(EndpointTest, ReadsAddresses) {
  for (const char* text :
       {"tcp://127.0.0.1:9000", "tcp://[::1]:1", "tcp://[fe80::1]:65535", "unix:/run/weir.sock"}) {
    const Result<Endpoint> endpoint = Endpoint::parse(text);
    ASSERT_TRUE(endpoint.is_ok()) << endpoint.status().message();
    EXPECT_FALSE(endpoint.value().is_name());
    EXPECT_EQ(endpoint.value().to_string(), text);
  }
}

// Names that no resolver knows: an answer proves that none was asked.
TEST(EndpointTest, LeavesNamesUnresolved) {
  for (const char* text : {"tcp://localhost:80", "tcp://no.such.host.invalid:9000", "tcp://1a:2"}) {
    const Result<Endpoint> endpoint = Endpoint::parse(text);
    ASSERT_TRUE(endpoint.is_ok()) << endpoint.status().message();
    EXPECT_TRUE(endpoint.value().is_name());
    EXPECT_EQ(endpoint.value().to_string(), text);
  }
  EXPECT_EQ(Endpoint::parse("tcp://db.example:5432").value().name.host, "db.example");
  EXPECT_EQ(Endpoint::parse("tcp://db.example:5432").value().name.port, 5432);
}

TEST(EndpointTest, SaysWhatIsWrong) {
  const auto message = [](std::string_view text) {
    const Result<Endpoint> endpoint = Endpoint::parse(text);
    return endpoint.is_ok() ? "" : endpoint.status().message();
  };
  EXPECT_EQ(message("localhost:80"),
            "address 'localhost:80': expected tcp://host:port or unix:/path");
  EXPECT_EQ(message("tcp://localhost"),
            "address 'tcp://localhost': the port is missing, as in tcp://127.0.0.1:9000");
  EXPECT_EQ(message("tcp://localhost:http"),
            "address 'tcp://localhost:http': the port must be a number from 0 to 65535");
  EXPECT_EQ(message("tcp://localhost:0"),
            "address 'tcp://localhost:0': nobody can be reached at port 0");
  EXPECT_EQ(message("tcp://[::g]:1"), "address 'tcp://[::g]:1': '::g' is no IPv6 address");
  EXPECT_EQ(message("unix:"), "address 'unix:': the path is missing, as in unix:///run/weir.sock");
  EXPECT_NE(message("tcp://" + std::string(254, 'a') + ":1"), "");
  EXPECT_EQ(message("tcp://" + std::string(253, 'a') + ":1"), "");
  EXPECT_NE(message(std::string_view("tcp://a\0b:1", 11)), "");
}

}  // namespace
}  // namespace weir
