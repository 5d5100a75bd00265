// Those who wait for a name: how many may, what they share, what ends their waiting.
#include <cstdint>
#include <future>
#include <new>
#include <optional>
#include <string>
#include <vector>

#include "core/address.h"
#include "core/resolver.h"
#include "gtest/gtest.h"
#include "tests/fakes/backends.h"
#include "tests/fakes/descriptors.h"
#include "tests/fakes/name_server.h"
#include "tests/fakes/peer.h"
#include "tests/fakes/reactor_thread.h"
#include "tests/fakes/resolver_fixture.h"
#include "tests/fakes/shortage.h"

namespace weir {
namespace {

using fakes::never_told;
using fakes::open_descriptors;
using fakes::Peer;
using fakes::Shortage;
using fakes::Texts;
using Manner = fakes::NameServer::Manner;

constexpr auto kLimit = std::chrono::milliseconds(fakes::Peer::kDeadlineMs);

class ResolverQueriesTest : public fakes::ResolverFixture {};

TEST_P(ResolverQueriesTest, RefusesMoreThanItsBound) {
  open({.timeout_ms = Peer::kDeadlineMs, .max_queries = 2});
  server_.add("silent.test", {}, Manner::kSilent);
  thread_.run([&] {
    const Resolver::QueryId first = ask("silent.test", never_told);
    ask("silent.test", never_told);
    EXPECT_EQ(resolver_->resolve("third.test", 1, never_told).status().message(),
              "cannot resolve 'third.test': 2 names are being resolved already");
    // Who has gone takes nobody's place, though c-ares still has the name.
    EXPECT_TRUE(resolver_->cancel(first));
    const Resolver::QueryId third = ask("third.test", never_told);
    EXPECT_FALSE(resolver_->resolve("fourth.test", 1, never_told).is_ok());
    EXPECT_TRUE(resolver_->cancel(third));
  });
}

TEST_P(ResolverQueriesTest, WhatIsCancelledIsBoundedToo) {
  open({.timeout_ms = Peer::kDeadlineMs, .max_queries = 2});
  for (const char* name : {"silent.test", "1.test", "2.test", "3.test", "4.test"}) {
    server_.add(name, {}, Manner::kSilent);
  }
  thread_.run([&] {
    const Resolver::QueryId stays = ask("silent.test", never_told);
    for (const char* name : {"1.test", "2.test", "3.test"}) {
      EXPECT_TRUE(resolver_->cancel(ask(name, never_told)));
    }
    EXPECT_EQ(resolver_->resolve("4.test", 1, never_told).status().message(),
              "cannot resolve '4.test': the name servers owe answers for 4 names");
    EXPECT_TRUE(resolver_->cancel(ask("silent.test", never_told)));
    // With the last who waits all are forgotten.
    EXPECT_TRUE(resolver_->cancel(stays));
    ask("4.test", never_told);
  });
}

TEST_P(ResolverQueriesTest, ManyWhoAskForANameShareOneQuery) {
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
          resolver_->resolve("known.test", port, port % 2 == 0 ? Resolver::Done(done) : never_told);
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
TEST_P(ResolverQueriesTest, WhoIsToldMayCancelWhoWaitsForTheSame) {
  open();
  server_.add("known.test", {"127.0.0.2"});
  std::promise<void> told;
  Resolver::QueryId second = 0;
  thread_.run([&] {
    ask("known.test", [&](const Result<std::vector<Address>>&) {
      EXPECT_TRUE(resolver_->cancel(second));
      told.set_value();
    });
    second = ask("known.test", never_told);
  });
  ASSERT_EQ(told.get_future().wait_for(kLimit), std::future_status::ready);
  thread_.run([&] { EXPECT_FALSE(resolver_->cancel(second)); });
}

TEST_P(ResolverQueriesTest, WhoAsksAgainGetsANewAnswer) {
  open();
  server_.add("late.test", {}, Manner::kSilent);
  server_.add("silent.test", {}, Manner::kSilent);
  Resolver::QueryId first = 0, other = 0;
  thread_.run([&] {
    other = ask("silent.test", never_told);
    first = ask("late.test", never_told);
  });
  ASSERT_TRUE(server_.await_question("late.test"));
  server_.add("late.test", {"127.0.0.2"});
  thread_.run([&] { EXPECT_TRUE(resolver_->cancel(first)); });
  EXPECT_EQ(resolve("late.test"), Texts{"tcp://127.0.0.2:80"});
  thread_.run([&] { EXPECT_TRUE(resolver_->cancel(other)); });
}

// What was cancelled before holds no descriptor beyond the last answer.
TEST_P(ResolverQueriesTest, TheLastAnswerForgetsTheRest) {
  open();
  server_.add("silent.test", {}, Manner::kSilent);
  server_.add("known.test", {"127.0.0.2"});
  const std::size_t before = open_descriptors();
  std::promise<void> told;
  thread_.run([&] {
    const Resolver::QueryId silent = ask("silent.test", never_told);
    ask("known.test", [&](const Result<std::vector<Address>>&) { told.set_value(); });
    EXPECT_TRUE(resolver_->cancel(silent));
  });
  ASSERT_EQ(told.get_future().wait_for(kLimit), std::future_status::ready);
  thread_.run([] {});
  EXPECT_EQ(open_descriptors(), before);
}

TEST_P(ResolverQueriesTest, WhatIsCancelledIsNotTold) {
  open();
  server_.add("silent.test", {}, Manner::kSilent);
  server_.add("known.test", {"127.0.0.2"});
  const std::size_t before = open_descriptors();
  Resolver::QueryId first = 0, second = 0, answered = 0;
  thread_.run([&] {
    first = ask("silent.test", never_told);
    second = ask("other.silent.test", never_told);
    EXPECT_TRUE(resolver_->cancel(second));
    EXPECT_FALSE(resolver_->cancel(second));
    answered = ask("127.0.0.1", never_told);
    EXPECT_TRUE(resolver_->cancel(answered));  // answered, not told yet
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

TEST_P(ResolverQueriesTest, DestroyedInTheMiddle) {
  const std::size_t before = open_descriptors();
  open();
  server_.add("silent.test", {}, Manner::kSilent);
  thread_.run([&] {
    ask("silent.test", never_told);
    ask("silent.test", never_told);
    ask("127.0.0.1", never_told);  // answered, not told yet
    resolver_.reset();
  });
  EXPECT_EQ(open_descriptors(), before);
  open();
  thread_.run([&] { ask("silent.test", never_told); });
  ASSERT_TRUE(server_.await_question("silent.test"));
  thread_.run([&] { resolver_.reset(); });
  EXPECT_EQ(open_descriptors(), before);
}

TEST_P(ResolverQueriesTest, WhoIsToldMayAskAgainAndDestroyIt) {
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

// Inside of c-ares there is nowhere for an exception to go.
TEST_P(ResolverQueriesTest, WithoutMemoryToAskItIsNoQuery) {
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

TEST_P(ResolverQueriesTest, WithoutMemoryForTheAnswerItIsAnError) {
  open();
  server_.add("many.test", {"127.0.0.9", "127.0.0.7", "127.0.0.8"});
  thread_.run([] { Shortage::name_this_thread(); });
  const std::string error = "out of memory";
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

INSTANTIATE_TEST_SUITE_P(, ResolverQueriesTest, fakes::every_backend(), fakes::backend_label);

}  // namespace
}  // namespace weir
