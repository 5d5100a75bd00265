#include "tests/fakes/resolver_fixture.h"

#include <chrono>
#include <future>
#include <utility>

#include "base/check.h"
#include "tests/fakes/peer.h"

namespace weir::fakes {

ResolverFixture::~ResolverFixture() {
  thread_.run([this] { resolver_.reset(); });
}

void ResolverFixture::open(Resolver::Options options) {
  if (options.name_servers.empty()) options.name_servers = server_.address();
  thread_.run([&] { resolver_ = std::make_unique<Resolver>(thread_.reactor(), options); });
}

void ResolverFixture::open() { open({.timeout_ms = Peer::kDeadlineMs}); }

Resolver::QueryId ResolverFixture::ask(const std::string& host, Resolver::Done done) {
  const Result<Resolver::QueryId> id = resolver_->resolve(host, 80, std::move(done));
  EXPECT_TRUE(id.is_ok()) << id.status().message();
  return id.is_ok() ? id.value() : 0;
}

Texts ResolverFixture::resolve(const std::string& host) {
  std::promise<Texts> end;
  bool inside = true;
  thread_.run([&] {
    ask(host, [&](const Result<std::vector<Address>>& found) {
      EXPECT_FALSE(inside);
      Texts texts;
      if (!found.is_ok()) return end.set_value({found.status().message()});
      for (const Address& address : found.value()) texts.push_back(address.to_string());
      end.set_value(texts);
    });
    inside = false;
  });
  auto future = end.get_future();
  const auto limit = std::chrono::milliseconds(Peer::kDeadlineMs);
  WEIR_CHECK(future.wait_for(limit) == std::future_status::ready);
  return future.get();
}

}  // namespace weir::fakes
