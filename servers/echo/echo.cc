// The library's hello world: sends back whatever it is sent.
//   ./bazelw run //servers/echo -- --port 9000 --model reuseport --threads 2
#include <array>
#include <cstdio>
#include <memory>

#include "core/connection.h"
#include "core/engine.h"
#include "core/options.h"
#include "core/session.h"

namespace {

class Echo : public weir::Session {
  void handle(weir::Connection& connection) override {
    connection.write(connection.unread());
    connection.consume_all();
  }
};

}  // namespace

int main(int argc, char** argv) {
  weir::Options defaults;
  defaults.port = 9000;
  constexpr std::array<std::string_view, 2> kExamples = {
      "--port 0", "--bind '*' --model handoff --threads 2 --backend epoll-et"};
  weir::Engine engine(weir::Options::from_flags(argc, argv, defaults, kExamples));
  for (const std::string& address : engine.options().addresses()) {
    const auto bound =
        engine.listen(address, [](weir::Connection&) { return std::make_unique<Echo>(); });
    if (!bound.is_ok()) {
      std::fprintf(stderr, "echo: %s\n", bound.status().message().c_str());
      return 1;
    }
  }
  std::printf("weir echo: %s\n", engine.describe().c_str());
  std::fflush(stdout);
  return engine.run();
}
