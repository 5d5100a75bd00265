// Parts of files in a connection's output: in their order, in any pieces, and never short.
#include <unistd.h>

#include <cstdio>
#include <future>
#include <memory>
#include <string>

#include "core/connection.h"
#include "core/reactor.h"
#include "gtest/gtest.h"
#include "tests/fakes/backends.h"
#include "tests/fakes/faulty_sockets.h"
#include "tests/fakes/hooked_session.h"
#include "tests/fakes/peer.h"
#include "tests/fakes/reactor_thread.h"

namespace weir {
namespace {

using fakes::Call;
using fakes::Peer;
using fakes::serve;

class ConnectionFileTest : public testing::TestWithParam<BackendKind> {
 protected:
  ConnectionFileTest() : file_(std::tmpfile(), std::fclose) {
    for (int i = 0; bytes_.size() < 3'000'000; ++i) bytes_ += std::to_string(i) + ',';
    std::fwrite(bytes_.data(), 1, bytes_.size(), file_.get());
    std::fflush(file_.get());
  }

  FilePiece piece(std::size_t offset, std::size_t size) {
    return {::fileno(file_.get()), static_cast<off_t>(offset), size, file_};
  }

  std::string bytes_;
  std::shared_ptr<std::FILE> file_;
  fakes::FaultySockets sockets_;
  fakes::ReactorThread thread_{GetParam(), sockets_};
};

TEST_P(ConnectionFileTest, AreSentInTheirPlace) {
  Peer peer = thread_.connect(serve({.handle = [this](Connection& connection) {
    connection.consume_all();
    connection.write("head");
    connection.write_file(piece(10, 2'500'000));
    connection.write("between");
    connection.write_file(piece(5, 7));
    connection.close_after_flush();
  }}));
  peer.send("x");
  EXPECT_EQ(peer.receive_rest(),
            "head" + bytes_.substr(10, 2'500'000) + "between" + bytes_.substr(5, 7));
  EXPECT_EQ(peer.stream(), Peer::Stream::kEnded);
  thread_.run([] {});
  EXPECT_EQ(file_.use_count(), 1);
}

TEST_P(ConnectionFileTest, AreSentInPieces) {
  Peer peer = thread_.connect(serve({.handle = [this](Connection& connection) {
    connection.consume_all();
    connection.write("head");
    connection.write_file(piece(0, 500));
  }}));
  sockets_.cut(Call::kSend, 7, 50);
  peer.send("x");
  EXPECT_EQ(peer.receive(504), "head" + bytes_.substr(0, 500));
}

TEST_P(ConnectionFileTest, OneThatHasBecomeShorterCostsItsConnection) {
  std::promise<std::string> reason;
  Peer peer = thread_.connect(
      serve({.handle =
                 [this](Connection& connection) {
                   connection.consume_all();
                   connection.write("head");
                   connection.write_file(piece(2'999'990, 1000));
                 },
             .closed = [&](Connection&, const Status& why) { reason.set_value(why.message()); }}));
  peer.send("x");
  const std::string received = peer.receive_rest();
  EXPECT_TRUE(received.starts_with("head"));
  EXPECT_LT(received.size(), 500U);
  EXPECT_NE(reason.get_future().get(), "");
}

TEST_P(ConnectionFileTest, StopReadingWhileTheyAreLong) {
  Peer peer = thread_.connect(serve({.handle =
                                         [this](Connection& connection) {
                                           connection.consume(1);
                                           connection.write_file(piece(0, 2'000'000));
                                         }}),
                              fakes::make_tcp_line);
  peer.send("xy");
  EXPECT_EQ(peer.receive(4'000'000), bytes_.substr(0, 2'000'000) + bytes_.substr(0, 2'000'000));
}

INSTANTIATE_TEST_SUITE_P(, ConnectionFileTest, fakes::every_backend(), fakes::backend_label);

}  // namespace
}  // namespace weir
