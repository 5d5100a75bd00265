#include "tests/http/http_fixture.h"

#include <cstdlib>

#include "base/check.h"

namespace weir::http {

RunningServer::RunningServer(const Options& options, const Limits& limits,
                             const std::function<void(Server&)>& add_routes)
    : engine_(options), server_(engine_, limits) {
  add_routes(server_);
  auto bound = engine_.listen("tcp://127.0.0.1:0", server_.service());
  WEIR_CHECK(bound.is_ok());
  address_ = *bound;
  thread_ = std::thread([this] { engine_.run(); });
}

void RunningServer::stop() {
  engine_.stop();
  if (thread_.joinable()) thread_.join();
}

std::string RunningServer::exchange(std::string_view bytes, std::size_t piece) {
  fakes::Peer peer = connect();
  while (!bytes.empty()) {
    if (!peer.send(bytes.substr(0, piece))) break;  // refused already
    bytes.remove_prefix(std::min(piece, bytes.size()));
  }
  peer.end();
  return peer.receive_rest();
}

void HttpTest::start(const std::function<void(Server&)>& add_routes, const Limits& limits) {
  Options options;
  GetParam().set(options);
  options.handle_signals = false;
  options.drain_ms = fakes::Peer::kDeadlineMs;
  running_ = std::make_unique<RunningServer>(options, limits, add_routes);
}

Reply receive_reply(fakes::Peer& peer, bool head_only) {
  Reply reply;
  while (!reply.head.ends_with("\r\n\r\n")) {
    const std::string byte = peer.receive(1);
    if (byte.empty()) return reply;
    reply.head += byte;
  }
  reply.status = std::atoi(reply.head.c_str() + 9);
  const std::size_t at = reply.head.find("Content-Length: ");
  if (at != std::string::npos && !head_only) {
    reply.body = peer.receive(std::strtoull(reply.head.c_str() + at + 16, nullptr, 10));
  }
  return reply;
}

}  // namespace weir::http
