// From a name to its addresses, whatever name servers and kernel do.
#include "core/resolver.h"

#include <cerrno>
#include <fstream>
#include <sstream>
#include <string>

#include "core/address.h"
#include "gtest/gtest.h"
#include "tests/fakes/backends.h"
#include "tests/fakes/faulty_sockets.h"
#include "tests/fakes/name_server.h"
#include "tests/fakes/reactor_thread.h"
#include "tests/fakes/resolver_fixture.h"

namespace weir {
namespace {

using fakes::Call;
using fakes::never_told;
using fakes::Texts;
using Manner = fakes::NameServer::Manner;

class ResolverTest : public fakes::ResolverFixture {};

// A name of this machine's /etc/hosts, one that is not known anyway where there is one.
std::string name_in_hosts() {
  std::ifstream file("/etc/hosts");
  std::string best;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::string address, name;
    words >> address >> name;
    if (name.empty() || address.find(':') != address.npos) continue;
    if (best.empty() || best == "localhost") best = name;
  }
  return best;
}

TEST_P(ResolverTest, FindsTheAddressesOfBothFamilies) {
  open();
  server_.add("four.test", {"127.0.0.4"});
  server_.add("six.test", {"::1"});
  server_.add("both.test", {"127.0.0.4", "::1"});
  server_.add("many.test", {"127.0.0.9", "127.0.0.7", "127.0.0.8"});
  EXPECT_EQ(resolve("four.test"), Texts{"tcp://127.0.0.4:80"});
  EXPECT_EQ(resolve("six.test"), Texts{"tcp://[::1]:80"});
  EXPECT_EQ(resolve("many.test"),
            (Texts{"tcp://127.0.0.9:80", "tcp://127.0.0.7:80", "tcp://127.0.0.8:80"}));
  // RFC 6724: ::1 before what is IPv4, whichever answer came first.
  EXPECT_EQ(resolve("both.test"), (Texts{"tcp://[::1]:80", "tcp://127.0.0.4:80"}));
}

TEST_P(ResolverTest, SaysWhichHostAndWhy) {
  open();
  server_.add("broken.test", {}, Manner::kFailing);
  EXPECT_EQ(resolve("nowhere.test"), Texts{"cannot resolve 'nowhere.test': Domain name not found"});
  EXPECT_TRUE(resolve("broken.test")[0].starts_with("cannot resolve 'broken.test': "));
  EXPECT_TRUE(resolve("bad..name")[0].starts_with("cannot resolve 'bad..name': "));
  EXPECT_TRUE(resolve(std::string(200, 'a'))[0].starts_with("cannot resolve 'aaa"));
}

TEST_P(ResolverTest, ANameOfTheHostsFileNeedsNoServer) {
  open();
  const std::string name = name_in_hosts();
  if (name.empty()) GTEST_SKIP() << "/etc/hosts has no name";
  const Texts found = resolve(name);
  EXPECT_TRUE(found.back().starts_with("tcp://")) << found.back();
  EXPECT_EQ(server_.questions(), 0U);
}

TEST_P(ResolverTest, NoAnswerTimesOut) {
  open({.timeout_ms = 20, .tries = 2});
  server_.add("silent.test", {"127.0.0.1"}, Manner::kSilent);
  EXPECT_EQ(resolve("silent.test"),
            Texts{"cannot resolve 'silent.test': Timeout while contacting DNS servers"});
  EXPECT_GE(server_.questions(), 4U);  // two tries for each family
}

TEST_P(ResolverTest, NobodyIsThere) {
  open({.name_servers = "127.0.0.1:1", .timeout_ms = 20, .tries = 2});
  EXPECT_TRUE(resolve("any.test")[0].starts_with("cannot resolve 'any.test': "));
  open({.name_servers = "127.0.0.1:1," + server_.address(), .timeout_ms = 20, .tries = 10});
  server_.add("any.test", {"127.0.0.3"});
  EXPECT_EQ(resolve("any.test"), Texts{"tcp://127.0.0.3:80"});
}

TEST_P(ResolverTest, GarbageIsNoAnswer) {
  open({.timeout_ms = 500, .tries = 8});
  server_.add("noise.test", {"127.0.0.5"}, Manner::kGarbage);
  EXPECT_EQ(resolve("noise.test"), Texts{"tcp://127.0.0.5:80"});
  open({.timeout_ms = 20, .tries = 2});
  server_.add("noise.test", {}, Manner::kGarbage);
  EXPECT_TRUE(resolve("noise.test")[0].starts_with("cannot resolve 'noise.test': "));
}

TEST_P(ResolverTest, AnAnswerTooLongForADatagramComesOverTcp) {
  open();
  Texts addresses, expected;
  for (int i = 1; i <= 200; ++i) {
    addresses.push_back("127.0.1." + std::to_string(i));
    expected.push_back("tcp://" + addresses.back() + ":80");
  }
  server_.add("long.test", addresses, Manner::kTruncated);
  EXPECT_EQ(resolve("long.test"), expected);
}

TEST_P(ResolverTest, SaysWhatIsWrongWithItsServers) {
  open({.name_servers = "no address"});
  thread_.run([&] {
    EXPECT_EQ(resolver_->resolve("any.test", 1, never_told).status().message(),
              "name servers 'no address': expected addresses as in 10.0.0.1,[::1]:53");
  });
}

TEST_P(ResolverTest, LivesWithoutTheKernelsHelp) {
  for (const Call call : {Call::kSocket, Call::kConnect, Call::kSend, Call::kReceive,
                          Call::kPeerAddress, Call::kEpollControl}) {
    open({.timeout_ms = 50, .tries = 10});
    server_.add("known.test", {"127.0.0.2"});
    // Open first what the fault is not meant for.
    EXPECT_EQ(resolve("known.test"), Texts{"tcp://127.0.0.2:80"});
    sockets_.fail(call, ENOBUFS, 1);
    const Texts found = resolve("known.test");
    EXPECT_TRUE(found[0] == "tcp://127.0.0.2:80" ||
                found[0].starts_with("cannot resolve 'known.test': "))
        << found[0];
    sockets_.heal();
    EXPECT_EQ(resolve("known.test"), Texts{"tcp://127.0.0.2:80"});
  }
}

TEST_P(ResolverTest, ASocketThatCannotBeWatchedIsWatchedLater) {
  open({.timeout_ms = 50, .tries = 10});
  server_.add("known.test", {"127.0.0.2"});
  sockets_.fail(Call::kEpollControl, ENOMEM, 3);
  EXPECT_EQ(resolve("known.test"), Texts{"tcp://127.0.0.2:80"});
}

INSTANTIATE_TEST_SUITE_P(, ResolverTest, fakes::every_backend(), fakes::backend_label);

}  // namespace
}  // namespace weir
