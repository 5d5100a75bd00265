// A server for tests of processes: a request is one line, a command or a word to be sent back.
//   pid    the number of the process that serves this connection
//   crash  ends that process
//   stop   stops the server
//   hold   is never answered
// A datagram, with --datagrams ADDRESS to what stands behind udp= in the start line, is answered
// with the number of the process.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "core/connection.h"
#include "core/datagram_endpoint.h"
#include "core/engine.h"
#include "core/flags.h"
#include "core/log.h"
#include "core/options.h"
#include "core/session.h"

namespace weir {
namespace {

class Probe : public Session {
 public:
  explicit Probe(Engine& engine) : engine_(engine) {}

  Decoded decode(InputBuffer& input) override {
    return input.unread().find('\n') == std::string_view::npos ? Decoded::kNeedMore
                                                               : Decoded::kReady;
  }
  void handle(Connection& connection) override {
    const std::string line(connection.unread().substr(0, connection.unread().find('\n')));
    connection.consume(line.size() + 1);
    if (line == "crash") ::_exit(42);
    if (line == "stop") engine_.stop();
    if (line == "hold") return connection.hold();
    connection.write((line == "pid" ? std::to_string(::getpid()) : line) + "\n");
  }

 private:
  Engine& engine_;
};

}  // namespace
}  // namespace weir

// "" without --datagrams; the error is one sentence.
weir::Result<std::string> listen_datagrams(weir::Engine& engine, const std::string& address) {
  if (address.empty()) return std::string();
  const auto bound = engine.listen_datagrams(
      address, [](weir::DatagramEndpoint& endpoint, const weir::DatagramRoute& from,
                  std::string_view) { endpoint.send(from, std::to_string(::getpid())); });
  if (!bound.is_ok()) return bound.status();
  return " udp=udp://" + bound.value().to_ip_port();
}

weir::Status start(weir::Engine& engine, const std::string& datagrams) {
  const auto service = [&engine](weir::Connection&) {
    return std::make_unique<weir::Probe>(engine);
  };
  for (const std::string& address : engine.options().addresses()) {
    const auto bound = engine.listen(address, service);
    if (!bound.is_ok()) return bound.status();
  }
  const auto line = listen_datagrams(engine, datagrams);
  if (!line.is_ok()) return line.status();
  std::printf("%s%s\n", engine.describe().c_str(), line.value().c_str());
  std::fflush(stdout);
  return weir::Status::ok();
}

int main(int argc, char** argv) {
  weir::Options options;
  std::string datagrams;
  weir::FlagSet flags;
  options.add_flags(flags);
  flags.add("datagrams", "ADDRESS", "serve datagrams there", [&datagrams](std::string_view text) {
    datagrams = text;
    return weir::Status::ok();
  });
  weir::Status status = flags.parse(argc, argv);
  if (status.is_ok()) status = options.check(flags);
  weir::Engine engine(options);
  if (status.is_ok()) status = start(engine, datagrams);
  if (status.is_ok()) return engine.run();
  std::fprintf(stderr, "probe: %s\n", status.message().c_str());
  return 1;
}
