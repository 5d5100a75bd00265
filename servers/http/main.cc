// The HTTP/1.1 server.
//   http [--root DIR] [--demo] [--port N] [--model M] [--threads N] [--backend B] ...
#include <sys/resource.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "core/engine.h"
#include "core/flags.h"
#include "core/options.h"
#include "servers/http/access_log.h"
#include "servers/http/admin.h"
#include "servers/http/demo.h"
#include "servers/http/server.h"
#include "servers/http/static_files.h"

namespace {

constexpr std::array<std::string_view, 4> kExamples = {
    "--root /srv/www --port 8080",
    "--demo --port 8080",
    "--demo --port 8080 --model prefork --threads 4",
    "--demo --unixsocket /tmp/http.sock --max-body 16mb",
};

int fail(const weir::Status& status, int exit_status) {
  std::fprintf(stderr, "http: %s\n", status.message().c_str());
  return exit_status;
}

// Connections and files are descriptors: as many as the system lets it have.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main(int argc, char** argv) {
  weir::use_callers_directory();
  weir::Options options;
  options.port = 8080;
  weir::http::Limits limits;
  bool demo = false;
  std::uint16_t admin_port = 0;
  std::string log_path;
  weir::http::StaticFiles::Options files;
  weir::FlagSet flags;
  options.add_flags(flags);
  limits.add_flags(flags);
  flags.add_switch("demo", "serve /plaintext, /json, /echo, /sse, /cookie and POST /",
                   [&demo](bool on) { demo = on; });
  flags.add("root", "DIR", "serve the files below this directory", [&files](std::string_view text) {
    files.root = text;
    return weir::Status::ok();
  });
  flags.add_switch("listings", "show directories that have no index.html",
                   [&files](bool on) { files.listings = on; });
  flags.add("access-log", "FILE",
            "log requests to this file, in the combined format; - is the terminal",
            [&log_path](std::string_view text) {
              log_path = text;
              return weir::Status::ok();
            });
  flags.add("admin-port", "N", "serve /metrics and a live page on this port, to this host only",
            [&admin_port](std::string_view text) {
              const auto port = weir::parse_uint(text, 1, 65535);
              if (port.is_ok()) admin_port = static_cast<std::uint16_t>(port.value());
              return port.status();
            });
  weir::Status status = flags.parse(argc, argv);
  if (status.is_ok()) status = options.check(flags);
  if (!status.is_ok()) return fail(status, 2);
  if (flags.help_requested()) {
    std::fputs(flags.help("http", kExamples).c_str(), stdout);
    return 0;
  }

  raise_descriptor_limit();
  weir::Engine engine(options);
  weir::http::Server server(engine, limits);
  if (demo) weir::http::add_demo_routes(server);
  weir::http::StaticFiles static_files(engine, files);
  if (!files.root.empty()) {
    status = static_files.open();
    if (!status.is_ok()) return fail(status, 1);
    server.get("/*path", static_files.handler("path"));
  }
  weir::http::AccessLog log(log_path);
  if (!log_path.empty()) {
    status = log.open();
    if (!status.is_ok()) return fail(status, 1);
    server.log_to(log);
    engine.at_end([&log] { log.close(); });
  }
  weir::http::Server admin(engine);
  weir::http::add_admin_routes(admin, server);
  if (admin_port != 0) {
    const std::string address = "tcp://127.0.0.1:" + std::to_string(admin_port);
    const auto bound = engine.listen(address, admin.service());
    if (!bound.is_ok()) return fail(bound.status(), 1);
  }
  for (const std::string& address : options.addresses()) {
    const auto bound = engine.listen(address, server.service());
    if (!bound.is_ok()) return fail(bound.status(), 1);
  }
  std::printf("weir http: %s\n", engine.describe().c_str());
  std::fflush(stdout);
  return engine.run();
}
