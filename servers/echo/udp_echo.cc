// The same for datagrams: sends each back to where it came from.
//   ./bazelw run //servers/echo:udp_echo -- --port 9000 --model reuseport --threads 2
#include <array>
#include <cstdio>
#include <string>
#include <string_view>

#include "core/datagram_endpoint.h"
#include "core/engine.h"
#include "core/options.h"

int main(int argc, char** argv) {
  weir::Options defaults;
  defaults.port = 9000;
  constexpr std::array<std::string_view, 1> kExamples = {"--port 9000 --model handoff --threads 2"};
  weir::Engine engine(weir::Options::from_flags(argc, argv, defaults, kExamples));
  const auto echo = [](weir::DatagramEndpoint& endpoint, const weir::DatagramRoute& from,
                       std::string_view datagram) { endpoint.send(from, datagram); };
  for (const std::string& host : engine.options().bind) {
    const std::string address = "udp://" + host + ":" + std::to_string(engine.options().port);
    const auto bound = engine.listen_datagrams(address, echo);
    if (!bound.is_ok()) {
      std::fprintf(stderr, "udp_echo: %s\n", bound.status().message().c_str());
      return 1;
    }
    std::printf("weir udp echo: listening on udp://%s\n", bound.value().to_ip_port().c_str());
  }
  std::fflush(stdout);
  return engine.run();
}
