#include "core/resolver.h"

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <future>
#include <memory>
#include <new>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "core/check.h"
#include "gtest/gtest.h"
#include "tests/fakes/backends.h"
#include "tests/fakes/descriptors.h"
#include "tests/fakes/faulty_sockets.h"
#include "tests/fakes/name_server.h"
#include "tests/fakes/reactor_thread.h"
#include "tests/fakes/shortage.h"

namespace weir {
namespace {

using fakes::Call;
using fakes::NameServer;
using fakes::open_descriptors;
using fakes::Peer;
using fakes::Shortage;
using Manner = NameServer::Manner;
using Texts = std::vector<std::string>;

constexpr auto kLimit = std::chrono::milliseconds(Peer::kDeadlineMs);

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

// A resolver on a reactor of its own, and what its queries came to.
class ResolverTest : public testing::TestWithParam<BackendKind> {
 protected:
  ~ResolverTest() override {
    thread_.run([this] { resolver_.reset(); });
  }

  void open(Resolver::Options options) {
    if (options.name_servers.empty()) options.name_servers = server_.address();
    thread_.run([&] { resolver_ = std::make_unique<Resolver>(thread_.reactor(), options); });
  }
  void open() { open({.timeout_ms = Peer::kDeadlineMs}); }

  // On the reactor.
  Resolver::QueryId ask(const std::string& host, Resolver::Done done) {
    Result<Resolver::QueryId> id = resolver_->resolve(host, 80, std::move(done));
    EXPECT_TRUE(id.is_ok()) << id.status().message();
    return id.is_ok() ? id.value() : 0;
  }

  // What a query ends with: its addresses as texts, or what went wrong alone.
  Texts resolve(const std::string& host) {
    std::promise<Texts> end;
    thread_.run([&] {
      inside_ = true;
      ask(host, [this, &end](Result<std::vector<Address>> found) {
        EXPECT_FALSE(inside_);
        Texts texts;
        if (!found.is_ok()) return end.set_value({found.status().message()});
        for (const Address& address : found.value()) texts.push_back(address.to_string());
        end.set_value(texts);
      });
      inside_ = false;
    });
    auto future = end.get_future();
    WEIR_CHECK(future.wait_for(kLimit) == std::future_status::ready);
    return future.get();
  }

  NameServer server_;
  fakes::FaultySockets sockets_;
  fakes::ReactorThread thread_{GetParam(), sockets_};
  std::unique_ptr<Resolver> resolver_;
  bool inside_ = false;  // a call of resolve(), on the reactor
};

// For those that must not be told.
void never(const Result<std::vector<Address>>&) { ADD_FAILURE() << "told of what was cancelled"; }

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

TEST_P(ResolverTest, RefusesMoreThanItsBound) {
  open({.timeout_ms = Peer::kDeadlineMs, .max_queries = 2});
  server_.add("silent.test", {}, Manner::kSilent);
  thread_.run([&] {
    const Resolver::QueryId first = ask("silent.test", never);
    ask("silent.test", never);
    EXPECT_EQ(resolver_->resolve("third.test", 1, never).status().message(),
              "cannot resolve 'third.test': 2 names are being resolved already");
    // Who has gone takes nobody's place, though c-ares still has the name.
    EXPECT_TRUE(resolver_->cancel(first));
    const Resolver::QueryId third = ask("third.test", never);
    EXPECT_FALSE(resolver_->resolve("fourth.test", 1, never).is_ok());
    EXPECT_TRUE(resolver_->cancel(third));
  });
}

TEST_P(ResolverTest, WhatIsCancelledIsBoundedToo) {
  open({.timeout_ms = Peer::kDeadlineMs, .max_queries = 2});
  for (const char* name : {"silent.test", "1.test", "2.test", "3.test"}) {
    server_.add(name, {}, Manner::kSilent);
  }
  thread_.run([&] {
    const Resolver::QueryId stays = ask("silent.test", never);
    for (const char* name : {"1.test", "2.test", "3.test"}) {
      EXPECT_TRUE(resolver_->cancel(ask(name, never)));
    }
    EXPECT_EQ(resolver_->resolve("4.test", 1, never).status().message(),
              "cannot resolve '4.test': the name servers owe answers for 4 names");
    EXPECT_TRUE(resolver_->cancel(ask("silent.test", never)));
    // With the last who waits all are forgotten.
    EXPECT_TRUE(resolver_->cancel(stays));
    ask("4.test", never);
  });
}

TEST_P(ResolverTest, ManyWhoAskForANameShareOneQuery) {
  constexpr int kAsking = 100;
  open();
  server_.add("known.test", {"127.0.0.2"});
  std::promise<void> all;
  Texts told, expected;
  thread_.run([&] {
    std::vector<Resolver::QueryId> ids;
    for (std::uint16_t port = 1; port <= kAsking; ++port) {
      const auto done = [&](const Result<std::vector<Address>>& found) {
        told.push_back(found.value().at(0).to_string());
        if (told.size() == kAsking / 2) all.set_value();
      };
      const auto id =
          resolver_->resolve("known.test", port, port % 2 == 0 ? Resolver::Done(done) : never);
      ids.push_back(id.value());
      if (port % 2 == 0) expected.push_back("tcp://127.0.0.2:" + std::to_string(port));
    }
    for (std::size_t i = 0; i < ids.size(); i += 2) EXPECT_TRUE(resolver_->cancel(ids[i]));
  });
  ASSERT_EQ(all.get_future().wait_for(kLimit), std::future_status::ready);
  EXPECT_EQ(told, expected);
  EXPECT_EQ(server_.questions(), 2U);  // A and AAAA
  // What has been answered is asked anew.
  EXPECT_EQ(resolve("known.test"), Texts{"tcp://127.0.0.2:80"});
  EXPECT_EQ(server_.questions(), 4U);
}

// One of them, told, takes the others' back, those of the same name too.
TEST_P(ResolverTest, WhoIsToldMayCancelWhoWaitsForTheSame) {
  open();
  server_.add("known.test", {"127.0.0.2"});
  std::promise<void> told;
  Resolver::QueryId second = 0;
  thread_.run([&] {
    ask("known.test", [&](const Result<std::vector<Address>>&) {
      EXPECT_TRUE(resolver_->cancel(second));
      told.set_value();
    });
    second = ask("known.test", never);
  });
  ASSERT_EQ(told.get_future().wait_for(kLimit), std::future_status::ready);
  thread_.run([&] { EXPECT_FALSE(resolver_->cancel(second)); });
}

TEST_P(ResolverTest, WhoAsksAgainGetsANewAnswer) {
  open();
  server_.add("late.test", {}, Manner::kSilent);
  server_.add("silent.test", {}, Manner::kSilent);
  Resolver::QueryId first = 0, other = 0;
  thread_.run([&] {
    other = ask("silent.test", never);
    first = ask("late.test", never);
  });
  ASSERT_TRUE(server_.await_question("late.test"));
  server_.add("late.test", {"127.0.0.2"});
  thread_.run([&] { EXPECT_TRUE(resolver_->cancel(first)); });
  EXPECT_EQ(resolve("late.test"), Texts{"tcp://127.0.0.2:80"});
  thread_.run([&] { EXPECT_TRUE(resolver_->cancel(other)); });
}

// What was cancelled before holds no descriptor beyond the last answer.
TEST_P(ResolverTest, TheLastAnswerForgetsTheRest) {
  open();
  server_.add("silent.test", {}, Manner::kSilent);
  server_.add("known.test", {"127.0.0.2"});
  const std::size_t before = open_descriptors();
  std::promise<void> told;
  thread_.run([&] {
    const Resolver::QueryId silent = ask("silent.test", never);
    ask("known.test", [&](const Result<std::vector<Address>>&) { told.set_value(); });
    EXPECT_TRUE(resolver_->cancel(silent));
  });
  ASSERT_EQ(told.get_future().wait_for(kLimit), std::future_status::ready);
  thread_.run([] {});
  EXPECT_EQ(open_descriptors(), before);
}

// Inside of c-ares there is nowhere for an exception to go.
TEST_P(ResolverTest, WithoutMemoryToAskItIsNoQuery) {
  open({.timeout_ms = 20, .tries = 10});
  server_.add("many.test", {"127.0.0.9", "127.0.0.7", "127.0.0.8"});
  thread_.run([] { Shortage::name_this_thread(); });
  std::int64_t n = 0;
  for (std::uint64_t failed = 1; failed > 0; ++n) {
    std::promise<std::size_t> end;
    thread_.run([&] {
      const Resolver::Done done = [&](const Result<std::vector<Address>>& found) {
        end.set_value(found.is_ok() ? found.value().size() : 0);
      };
      Shortage shortage(n, false);
      try {
        EXPECT_TRUE(resolver_->resolve("many.test", 80, done).is_ok());
      } catch (const std::bad_alloc&) {
        end.set_value(3);  // a second time, were `done` called
      }
      failed = shortage.count();
    });
    auto future = end.get_future();
    ASSERT_EQ(future.wait_for(kLimit), std::future_status::ready) << n;
    EXPECT_EQ(future.get(), 3U) << n;
    EXPECT_EQ(resolve("many.test").size(), 3U) << n;
  }
  EXPECT_GT(n, 5);
}

TEST_P(ResolverTest, WithoutMemoryForTheAnswerItIsAnError) {
  open();
  server_.add("many.test", {"127.0.0.9", "127.0.0.7", "127.0.0.8"});
  thread_.run([] { Shortage::name_this_thread(); });
  const std::string error = "cannot resolve 'many.test': there is no memory for its addresses";
  int errors = 0;
  std::int64_t n = 0;
  for (std::uint64_t failed = 1; failed > 0; ++n) {
    std::promise<void> end;
    std::optional<Shortage> shortage;
    Texts told;
    thread_.run([&] {
      const Resolver::Done done = [&](const Result<std::vector<Address>>& found) {
        failed = shortage->count();
        shortage.reset();
        told.push_back(found.is_ok() ? "" : found.status().message());
        end.set_value();
      };
      EXPECT_TRUE(resolver_->resolve("many.test", 80, done).is_ok());
      shortage.emplace(n, false);
    });
    ASSERT_EQ(end.get_future().wait_for(kLimit), std::future_status::ready) << n;
    // c-ares can do without the sockets with which it sorts.
    if (told != Texts{""}) ++errors;
    EXPECT_TRUE(told == Texts{""} || (told == Texts{error} && failed > 0)) << n << told[0];
  }
  EXPECT_GT(errors, 0);
}

TEST_P(ResolverTest, SaysWhatIsWrongWithItsServers) {
  open({.name_servers = "no address"});
  thread_.run([&] {
    EXPECT_EQ(resolver_->resolve("any.test", 1, never).status().message(),
              "name servers 'no address': expected addresses as in 10.0.0.1,[::1]:53");
  });
}

TEST_P(ResolverTest, WhatIsCancelledIsNotTold) {
  open();
  server_.add("silent.test", {}, Manner::kSilent);
  server_.add("known.test", {"127.0.0.2"});
  const std::size_t before = open_descriptors();
  Resolver::QueryId first = 0, second = 0, answered = 0;
  thread_.run([&] {
    first = ask("silent.test", never);
    second = ask("other.silent.test", never);
    EXPECT_TRUE(resolver_->cancel(second));
    EXPECT_FALSE(resolver_->cancel(second));
    answered = ask(name_in_hosts().empty() ? "known.test" : name_in_hosts(), never);
    EXPECT_TRUE(resolver_->cancel(answered));  // from the hosts file: answered, not told yet
  });
  ASSERT_TRUE(server_.await_question("silent.test"));
  // Others are not disturbed.
  EXPECT_EQ(resolve("known.test"), Texts{"tcp://127.0.0.2:80"});
  thread_.run([&] {
    EXPECT_TRUE(resolver_->cancel(first));
    EXPECT_FALSE(resolver_->cancel(first));
    EXPECT_FALSE(resolver_->cancel(answered));
    EXPECT_FALSE(resolver_->cancel(0));
    EXPECT_FALSE(resolver_->cancel(12345));
  });
  // With the last that waits, the sockets go.
  EXPECT_EQ(open_descriptors(), before);
  EXPECT_EQ(resolve("known.test"), Texts{"tcp://127.0.0.2:80"});
}

TEST_P(ResolverTest, DestroyedInTheMiddle) {
  const std::size_t before = open_descriptors();
  open();
  server_.add("silent.test", {}, Manner::kSilent);
  thread_.run([&] {
    ask("silent.test", never);
    ask("silent.test", never);
    ask("127.0.0.1", never);  // answered, not told yet
    resolver_.reset();
  });
  EXPECT_EQ(open_descriptors(), before);
  open();
  thread_.run([&] { ask("silent.test", never); });
  ASSERT_TRUE(server_.await_question("silent.test"));
  thread_.run([&] { resolver_.reset(); });
  EXPECT_EQ(open_descriptors(), before);
}

TEST_P(ResolverTest, WhoIsToldMayAskAgainAndDestroyIt) {
  open();
  server_.add("known.test", {"127.0.0.2"});
  std::promise<void> end;
  thread_.run([&] {
    ask("known.test", [&](const Result<std::vector<Address>>& first) {
      EXPECT_TRUE(first.is_ok());
      ask("known.test", [&](const Result<std::vector<Address>>& second) {
        EXPECT_TRUE(second.is_ok());
        resolver_.reset();
        end.set_value();
      });
    });
  });
  EXPECT_EQ(end.get_future().wait_for(kLimit), std::future_status::ready);
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
