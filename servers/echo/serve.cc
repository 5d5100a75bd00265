#include "servers/echo/serve.h"

#include <array>
#include <cstdio>
#include <string>
#include <string_view>

namespace weir {

Options parse_flags(int argc, char** argv) {
  Options defaults;
  defaults.port = 9000;
  constexpr std::array<std::string_view, 2> kExamples = {
      "--port 0", "--unixsocket /tmp/echo.sock --model handoff --threads 2"};
  return Options::from_flags(argc, argv, defaults, kExamples);
}

int serve(Engine& engine, const char* name, const Service& service) {
  for (const std::string& address : engine.options().addresses()) {
    const auto bound = engine.listen(address, service);
    if (!bound.is_ok()) {
      std::fprintf(stderr, "%s: %s\n", name, bound.status().message().c_str());
      return 1;
    }
  }
  std::printf("weir %s: %s\n", name, engine.describe().c_str());
  std::fflush(stdout);
  return engine.run();
}

int serve(int argc, char** argv, const char* name, const Service& service) {
  Engine engine(parse_flags(argc, argv));
  return serve(engine, name, service);
}

}  // namespace weir
