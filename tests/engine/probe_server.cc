// A server for tests of processes: a request is one line, a command or a word to be sent back.
//   pid    the number of the process that serves this connection
//   crash  ends that process
//   stop   stops the server
//   hold   is never answered
// A datagram, to the address behind udp= in the start line, is answered with that number of the
// process.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "core/connection.h"
#include "core/datagram_endpoint.h"
#include "core/engine.h"
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

int main(int argc, char** argv) {
  weir::Engine engine(weir::Options::from_flags(argc, argv, {}));
  const auto service = [&engine](weir::Connection&) {
    return std::make_unique<weir::Probe>(engine);
  };
  for (const std::string& address : engine.options().addresses()) {
    const auto bound = engine.listen(address, service);
    if (!bound.is_ok()) {
      std::fprintf(stderr, "probe: %s\n", bound.status().message().c_str());
      return 1;
    }
  }
  const auto datagrams = engine.listen_datagrams(
      "udp://127.0.0.1:0",
      [](weir::DatagramEndpoint& endpoint, const weir::DatagramRoute& from, std::string_view) {
        endpoint.send(from, std::to_string(::getpid()));
      });
  if (!datagrams.is_ok()) {
    std::fprintf(stderr, "probe: %s\n", datagrams.status().message().c_str());
    return 1;
  }
  std::printf("%s udp=udp://%s\n", engine.describe().c_str(),
              datagrams.value().to_ip_port().c_str());
  std::fflush(stdout);
  return engine.run();
}
