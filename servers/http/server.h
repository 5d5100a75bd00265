// An HTTP/1.1 server: routes, limits, and a service for the engine.
//
//   weir::Engine engine(options);
//   weir::http::Server server(engine);
//   server.get("/hello/:name", [](const Request& request, Response& response) {
//     response.send("Hello, " + request.parameter("name").value_or("?"));
//   });
//   engine.listen("tcp://127.0.0.1:8080", server.service());
//   return engine.run();
//
// Thread rule: filled before the engine runs; the counts from any thread then.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "core/counter.h"
#include "core/engine.h"
#include "core/session.h"
#include "servers/http/access_log.h"
#include "servers/http/handler.h"
#include "servers/http/limits.h"
#include "servers/http/router.h"
#include "servers/http/shard.h"

namespace weir::http {

class Server {
 public:
  explicit Server(Engine& engine, const Limits& limits = {});
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Wraps the handlers of all routes added from here on; the first added is the outermost.
  void use(Middleware middleware) { middleware_.push_back(std::move(middleware)); }

  // Patterns are Router's; CHECKs that they are fine.
  void route(HttpMethod method, std::string_view pattern, Route route);
  void get(std::string_view pattern, Handler handler) {
    route(HttpMethod::kGet, pattern, {std::move(handler)});
  }
  void post(std::string_view pattern, Handler handler) {
    route(HttpMethod::kPost, pattern, {std::move(handler)});
  }
  void any(std::string_view pattern, const Handler& handler);

  // Logs to it all that is answered; it outlives the engine's run. Before that.
  void log_to(AccessLog& log) { log_ = &log; }
  AccessLog* access_log() const { return log_; }

  // For Engine::listen(). The server outlives the engine's run.
  Service service();

  Engine& engine() const { return engine_; }
  const Limits& limits() const { return limits_; }
  const Router& router() const { return router_; }
  Shard& shard(Reactor& reactor);
  std::uint64_t total(Counter Counts::*counter) const;
  const std::deque<Shard>& shards() const { return shards_; }

 private:
  Engine& engine_;
  const Limits limits_;
  Router router_;
  std::vector<Middleware> middleware_;
  AccessLog* log_ = nullptr;
  std::deque<Shard> shards_;  // by reactor
};

}  // namespace weir::http
