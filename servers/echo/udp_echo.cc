// The library's hello world for datagrams: sends back whatever it is sent.
//   ./bazelw run //servers/echo:udp_echo -- --port 9000 --model reuseport --threads 2
#include <array>
#include <cstdio>
#include <string_view>

#include "core/datagram_endpoint.h"
#include "core/engine.h"
#include "core/options.h"

int main(int argc, char** argv) {
  weir::Options defaults;
  defaults.port = 9000;
  constexpr std::array<std::string_view, 2> kExamples = {
      "--port 0", "--bind '*' --model reuseport --threads 2"};
  weir::Engine engine(weir::Options::from_flags(argc, argv, defaults, kExamples));
  const auto echo = [](weir::DatagramEndpoint& endpoint, const weir::DatagramRoute& from,
                       std::string_view datagram) { endpoint.send(from, datagram); };
  for (const std::string& address : engine.options().datagram_addresses()) {
    const auto bound = engine.listen_datagrams(address, echo);
    if (!bound.is_ok()) {
      std::fprintf(stderr, "udp_echo: %s\n", bound.status().message().c_str());
      return 1;
    }
  }
  std::printf("weir udp echo: %s\n", engine.describe().c_str());
  std::fflush(stdout);
  return engine.run();
}
