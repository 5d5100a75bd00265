// The end of either direction alone: the peer's, and one's own.
#include <future>
#include <stdexcept>
#include <string>

#include "core/connection.h"
#include "core/reactor.h"
#include "gtest/gtest.h"
#include "tests/fakes/backends.h"
#include "tests/fakes/hooked_session.h"
#include "tests/fakes/peer.h"
#include "tests/fakes/reactor_thread.h"

namespace weir {
namespace {

using fakes::make_tcp_line;
using fakes::Peer;
using fakes::serve;

class ConnectionEndTest : public testing::TestWithParam<BackendKind> {
 protected:
  fakes::ReactorThread thread_{GetParam()};
};

// Behind what it sent, and in time for a last word.
TEST_P(ConnectionEndTest, TheSessionIsToldOfThePeersEnd) {
  Peer peer = thread_.connect(serve({.handle = fakes::echo,
                                     .ended =
                                         [](Connection& connection) {
                                           EXPECT_TRUE(connection.unread().empty());
                                           connection.write("bye");
                                         }}),
                              make_tcp_line);
  ASSERT_TRUE(peer.send("hello "));
  peer.end();
  EXPECT_EQ(peer.receive_rest(), "hello bye");
}

TEST_P(ConnectionEndTest, WhoHoldsWhenToldGoesOn) {
  std::promise<ConnectionId> held;
  Peer peer = thread_.connect(serve({.ended =
                                         [&](Connection& connection) {
                                           connection.hold();
                                           held.set_value(connection.id());
                                         }}),
                              make_tcp_line);
  peer.end();
  const ConnectionId id = held.get_future().get();
  thread_.run([&] {
    Connection* const connection = thread_.reactor().find(id);
    ASSERT_NE(connection, nullptr);
    EXPECT_TRUE(connection->is_open());
    connection->write("later");
    connection->release();
  });
  EXPECT_EQ(peer.receive_rest(), "later");
}

TEST_P(ConnectionEndTest, AnExceptionWhenToldCostsTheConnection) {
  std::promise<std::string> reason;
  Peer peer = thread_.connect(
      serve({.ended = [](Connection&) { throw std::runtime_error("at the end"); },
             .closed = [&](Connection&,
                           const Status& status) { reason.set_value(status.message()); }}),
      make_tcp_line);
  peer.end();
  EXPECT_EQ(reason.get_future().get(), "exception in the session: at the end");
}

// With output that still waits, and with none.
TEST_P(ConnectionEndTest, AnEndOfOnesOwnLeavesTheOtherDirection) {
  for (const std::size_t size : {0, 10, 3'000'000}) {
    std::promise<std::string> heard;
    std::string all;
    Peer peer = thread_.connect(serve({.handle =
                                           [&](Connection& connection) {
                                             if (all.empty()) {
                                               connection.write(std::string(size, 'x'));
                                               connection.end_output();
                                               connection.write("dropped");
                                             }
                                             all += connection.unread();
                                             connection.consume_all();
                                           },
                                       .ended = [&](Connection&) { heard.set_value(all); }}),
                                make_tcp_line);
    ASSERT_TRUE(peer.send("first"));
    EXPECT_EQ(peer.receive_rest().size(), size);
    ASSERT_TRUE(peer.send(" and more"));
    peer.end();
    EXPECT_EQ(heard.get_future().get(), "first and more");
  }
}

// When both sides have ended in order, nothing was lost.
TEST_P(ConnectionEndTest, BothEndsInOrderAreNoReset) {
  std::promise<std::string> reason;
  Peer peer = thread_.connect(
      serve({.ended =
                 [](Connection& connection) {
                   connection.hold();
                   connection.write("bye");
                   connection.end_output();
                 },
             .closed = [&](Connection&,
                           const Status& status) { reason.set_value(status.message()); }}),
      make_tcp_line);
  peer.end();
  EXPECT_EQ(peer.receive_rest(), "bye");
  EXPECT_EQ(reason.get_future().get(), "");
}

INSTANTIATE_TEST_SUITE_P(, ConnectionEndTest, fakes::every_backend(), fakes::backend_label);

}  // namespace
}  // namespace weir
