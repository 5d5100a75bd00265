#include "tests/engine/running_engine.h"

#include <chrono>
#include <future>
#include <utility>

#include "base/check.h"

namespace weir {
namespace {

Options without_signals(Options options) {
  options.handle_signals = false;
  return options;
}

}  // namespace

RunningEngine::RunningEngine(Options options, const std::string& address, Service service,
                             Sockets& sockets)
    : engine_(without_signals(std::move(options)), sockets),
      address_(engine_.listen(address, std::move(service))) {}

RunningEngine::RunningEngine(Options options, const std::string& address, DatagramService service,
                             const DatagramOptions& datagrams, Sockets& sockets)
    : engine_(without_signals(std::move(options)), sockets),
      address_(engine_.listen_datagrams(address, std::move(service), datagrams)) {}

RunningEngine::~RunningEngine() {
  if (thread_.joinable()) stop();
}

void RunningEngine::start() {
  WEIR_CHECK(status().is_ok());
  thread_ = std::thread([this] { exit_status_ = engine_.run(); });
}

void RunningEngine::settle() {
  const auto limit = std::chrono::milliseconds(fakes::Peer::kDeadlineMs);
  for (const auto& reactor : engine_.reactors()) {
    std::promise<void> done;
    reactor->post([&done] { done.set_value(); });
    WEIR_CHECK(done.get_future().wait_for(limit) == std::future_status::ready);
  }
}

int RunningEngine::join() {
  thread_.join();
  return exit_status_;
}

int RunningEngine::stop() {
  engine_.stop();
  return join();
}

std::size_t RunningEngine::stragglers() const {
  std::size_t total = 0;
  for (const auto& reactor : engine_.reactors()) total += reactor->stragglers();
  return total;
}

}  // namespace weir
