// A server for tests of processes: a request is one line, a command or a word to be sent back.
//   pid    the number of the process that serves this connection
//   crash  ends that process
//   stop   stops the server
//   hold   is never answered
//   tell   sends "told" to the peer of the latest datagram session
// A datagram, with --datagrams ADDRESS to what stands behind udp= in the start line, is answered
// in the same way, "pid" or else a word; with --datagram-idle MS by a session a peer.
#include <pthread.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "core/connection.h"
#include "core/datagram_endpoint.h"
#include "core/datagram_peer.h"
#include "core/datagram_peer_id.h"
#include "core/datagram_session.h"
#include "core/engine.h"
#include "core/flags.h"
#include "core/log.h"
#include "core/options.h"
#include "core/session.h"

namespace weir {
namespace {

// The peer of the latest datagram session.
class LatestPeer {
 public:
  void set(DatagramPeerId id) {
    const std::lock_guard lock(mutex_);
    id_ = id;
  }
  DatagramPeerId get() {
    const std::lock_guard lock(mutex_);
    return id_;
  }

 private:
  std::mutex mutex_;
  DatagramPeerId id_;
};
LatestPeer latest_peer;

std::string answer(std::string_view word) {
  return word == "pid" ? std::to_string(::getpid()) : std::string(word);
}

class DatagramProbe : public DatagramSession {
  void handle(DatagramPeer& peer, std::string_view datagram) override {
    latest_peer.set(peer.id());
    peer.write(answer(datagram));
  }
};

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
    if (line == "tell") engine_.send(latest_peer.get(), "told");
    connection.write(answer(line) + "\n");
  }

 private:
  Engine& engine_;
};

// "" without --datagrams; the error is one sentence.
Result<std::string> listen_datagrams(Engine& engine, const std::string& address,
                                     std::uint64_t idle_ms) {
  if (address.empty()) return std::string();
  const DatagramHandler handler = [](DatagramEndpoint& endpoint, const DatagramRoute& from,
                                     std::string_view datagram) {
    endpoint.send(from, answer(datagram));
  };
  const DatagramService service = [](DatagramPeer&) { return std::make_unique<DatagramProbe>(); };
  const auto bound = idle_ms == 0
                         ? engine.listen_datagrams(address, handler)
                         : engine.listen_datagrams(address, service,
                                                   {.idle_ms = static_cast<std::int64_t>(idle_ms)});
  if (!bound.is_ok()) return bound.status();
  return " udp=udp://" + bound.value().to_ip_port();
}

Status start(Engine& engine, const std::string& datagrams, std::uint64_t idle_ms) {
  const auto service = [&engine](Connection&) { return std::make_unique<Probe>(engine); };
  for (const std::string& address : engine.options().addresses()) {
    const auto bound = engine.listen(address, service);
    if (!bound.is_ok()) return bound.status();
  }
  const auto line = listen_datagrams(engine, datagrams, idle_ms);
  if (!line.is_ok()) return line.status();
  std::printf("%s%s\n", engine.describe().c_str(), line.value().c_str());
  std::fflush(stdout);
  return Status::ok();
}

}  // namespace
}  // namespace weir

int main(int argc, char** argv) {
  weir::Options options;
  std::string datagrams;
  std::uint64_t idle_ms = 0;
  weir::FlagSet flags;
  options.add_flags(flags);
  flags.add("datagrams", "ADDRESS", "serve datagrams there", [&datagrams](std::string_view text) {
    datagrams = text;
    return weir::Status::ok();
  });
  flags.add("datagram-idle", "MS", "by sessions", [&idle_ms](std::string_view text) {
    const auto parsed = weir::parse_uint(text, 1, 3'600'000);
    if (parsed.is_ok()) idle_ms = parsed.value();
    return parsed.status();
  });
  flags.add("fork-fails", "", "every process that is forked ends at once", [](std::string_view) {
    ::pthread_atfork(nullptr, nullptr, [] { ::_exit(3); });
    return weir::Status::ok();
  });
  weir::Status status = flags.parse(argc, argv);
  if (status.is_ok()) status = options.check(flags);
  weir::Engine engine(options);
  if (status.is_ok()) status = weir::start(engine, datagrams, idle_ms);
  if (status.is_ok()) return engine.run();
  std::fprintf(stderr, "probe: %s\n", status.message().c_str());
  return 1;
}
