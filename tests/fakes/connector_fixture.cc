#include "tests/fakes/connector_fixture.h"

#include "base/check.h"
#include "core/endpoint.h"
#include "core/log.h"
#include "core/resolver.h"
#include "tests/fakes/peer.h"

namespace weir::fakes {

ConnectorFixture::ConnectorFixture() {
  set_log_level(LogLevel::kWarning);
  thread_.emplace(GetParam(), sockets_);
  thread_->run([this] {
    connector_.emplace(reactor(), Resolver::Options{.name_servers = names_.address(),
                                                    .timeout_ms = Peer::kDeadlineMs});
  });
}

ConnectorFixture::~ConnectorFixture() {
  if (thread_) thread_->run([this] { connector_.reset(); });
  set_log_level(LogLevel::kNotice);
}

void ConnectorFixture::stop() {
  thread_->stop(0);
  connector_.reset();
  thread_.reset();
}

ConnectId ConnectorFixture::begin(const std::string& to, ConnectOutcome& outcome,
                                  Connector::Options options, Service service) {
  const Result<ConnectId> id = connector_->connect(
      {Endpoint::parse(to).value(), std::move(service), std::move(options), outcome.done()});
  EXPECT_TRUE(id.is_ok()) << id.status().message();
  return id.is_ok() ? id.value() : ConnectId{};
}

ConnectId ConnectorFixture::connect(const std::string& to, ConnectOutcome& outcome,
                                    Connector::Options options, Service service) {
  ConnectId id;
  thread_->run([&] { id = begin(to, outcome, std::move(options), std::move(service)); });
  return id;
}

ConnectId ConnectorFixture::connect(const PeerListener& to, ConnectOutcome& outcome,
                                    Connector::Options options) {
  return connect(to.address().to_string(), outcome, std::move(options));
}

bool ConnectorFixture::cancel(ConnectId id) {
  bool cancelled = false;
  thread_->run([&] { cancelled = connector_->cancel(id); });
  return cancelled;
}

void ConnectorFixture::await_calls(Call call, std::uint64_t calls) {
  WEIR_CHECK(thread_->eventually([&] { return sockets_.calls(call) >= calls; }));
}

void ConnectorFixture::await_no_connections() {
  WEIR_CHECK(thread_->eventually([this] { return reactor().load() == 0; }));
}

}  // namespace weir::fakes
