#include "servers/http/server.h"

#include <utility>

#include "base/check.h"
#include "core/reactor.h"
#include "servers/http/session.h"

namespace weir::http {

Server::Server(Engine& engine, const Limits& limits) : engine_(engine), limits_(limits) {
  for (const auto& reactor : engine.reactors()) shards_.emplace_back(*this, *reactor);
}

void Server::route(HttpMethod method, std::string_view pattern, Route route) {
  for (auto i = middleware_.rbegin(); i != middleware_.rend(); ++i) {
    route.handler = (*i)(std::move(route.handler));
  }
  const Status status = router_.add(method, pattern, std::move(route));
  WEIR_CHECK(status.is_ok());
}

void Server::any(std::string_view pattern, const Handler& handler) {
  for (std::size_t i = 0; i < codec::kHttpMethods; ++i) {
    const auto method = static_cast<HttpMethod>(i);
    if (method == HttpMethod::kHead || method == HttpMethod::kOptions) continue;
    route(method, pattern, {handler});
  }
}

Service Server::service() {
  return [this](Connection& connection) {
    Shard& shard = this->shard(connection.reactor());
    shard.counts().connections.add();
    return std::make_unique<Session>(shard, connection);
  };
}

Shard& Server::shard(Reactor& reactor) {
  WEIR_CHECK(reactor.index() < shards_.size());
  return shards_[reactor.index()];
}

std::uint64_t Server::total(Counter Counts::*counter) const {
  std::uint64_t total = 0;
  for (const Shard& shard : shards_) total += (shard.counts().*counter).value();
  return total;
}

}  // namespace weir::http
