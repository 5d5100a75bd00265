#include "tests/fakes/datagram_fixture.h"

#include <future>
#include <utility>

#include "core/address.h"
#include "core/datagram_socket.h"
#include "core/log.h"
#include "core/socket_options.h"

namespace weir::fakes {

DatagramFixture::DatagramFixture() { set_log_level(LogLevel::kWarning); }

DatagramFixture::~DatagramFixture() { set_log_level(LogLevel::kNotice); }

DatagramFixture::Running DatagramFixture::serve(DatagramReceiver receiver,
                                                const DatagramOptions& options) {
  receiver_ = std::move(receiver);
  endpoint_ = std::make_unique<DatagramEndpoint>(thread_.reactor(), sockets_, arena_, 3, receiver_,
                                                 options);
  Status status;
  thread_.run([&] {
    status = endpoint_->open(Address::parse("udp://127.0.0.1:0").value(),
                             DatagramSocket::Port::kAlone, SocketOptions());
    if (status.is_ok()) status = endpoint_->start();
  });
  EXPECT_TRUE(status.is_ok()) << status.message();
  return {thread_};
}

std::size_t DatagramFixture::sessions() {
  std::size_t count = 0;
  thread_.run([&] { count = endpoint_->sessions(); });
  return count;
}

void DatagramFixture::while_reactor_waits(const std::function<void()>& task) {
  struct Gate {
    std::promise<void> waiting;
    std::promise<void> go_on;
  };
  const auto gate = std::make_shared<Gate>();
  thread_.reactor().post([gate] {
    gate->waiting.set_value();
    gate->go_on.get_future().wait();
  });
  gate->waiting.get_future().wait();
  task();
  gate->go_on.set_value();
}

}  // namespace weir::fakes
