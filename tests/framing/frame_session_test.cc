// A session that is given frames, of every codec, over a real connection.
#include "framing/frame_session.h"

#include <array>
#include <future>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "codec/delimiter.h"
#include "codec/fixed_length.h"
#include "codec/length_field.h"
#include "codec/line.h"
#include "codec/request_frames.h"
#include "core/options.h"
#include "gtest/gtest.h"
#include "tests/engine/running_engine.h"
#include "tests/fakes/peer.h"

namespace weir {
namespace {

using codec::OnBadFrame;
using fakes::Peer;

std::string text_of(std::string_view frame) { return std::string(frame); }
std::string text_of(std::span<const std::string_view> arguments) {
  std::string text;
  for (const std::string_view argument : arguments) text += std::string(argument) + ",";
  return text;
}

// What happened, written so that the client sees it.
template <class Codec>
class Teller : public FrameSession<Codec> {
 public:
  Teller(Codec codec, std::string* reason)
      : FrameSession<Codec>(std::move(codec)), reason_(reason) {}

  void on_frame(Connection& connection, typename Codec::Frame frame) override {
    connection.write("[" + text_of(frame) + "]");
    if (text_of(frame) == "later") {
      this->pause(connection);
      connection.run_after(20, [this](Connection* one) {
        one->write("[late]");
        this->resume(*one);
      });
    }
    if (text_of(frame) == "quit") connection.close_after_flush();
    if (text_of(frame) == "close") connection.close();
    if (text_of(frame) == "throw") throw std::runtime_error("told to");
  }
  void on_skipped(Connection& connection) override {
    connection.write("<" + this->codec().error().message() + ">");
  }
  void on_failed(Connection& connection) override { connection.write("!"); }
  void closed(Connection&, const Status& reason) override { *reason_ = reason.message(); }

 private:
  std::string* reason_;
};

class FrameSessionTest : public testing::TestWithParam<ThreadingModel> {
 protected:
  // What a client that sends `bytes` and ends is told; reason_ gets why its connection closed.
  template <class Codec, class Make>
  std::string converse(const Make& make, std::string_view bytes) {
    Options options;
    options.model = GetParam();
    options.threads = 2;
    RunningEngine engine(options, "tcp://127.0.0.1:0", [&](Connection&) {
      return std::make_unique<Teller<Codec>>(make(), &reason_);
    });
    engine.start();
    Peer peer = engine.connect();
    peer.send(bytes);
    peer.end();
    std::string told = peer.receive_rest();
    EXPECT_EQ(engine.stop(), 0);
    return told;
  }
  template <class Codec>
  std::string tell(const Codec& codec, std::string_view bytes) {
    return converse<Codec>([&codec] { return codec; }, bytes);
  }

  std::string reason_;
};

TEST_P(FrameSessionTest, GivesTheFramesOfAnyCodec) {
  EXPECT_EQ(tell(codec::Line(), "a\r\n\nb\nc"), "[a][][b]");
  EXPECT_EQ(tell(codec::Delimiter::make({.delimiters = {"--"}}).value(), "a--b-"), "[a]");
  EXPECT_EQ(tell(codec::FixedLength::make(2).value(), "abcde"), "[ab][cd]");
  EXPECT_EQ(tell(codec::LengthField::make({.width = 1, .strip = 1}).value(),
                 std::string_view("\2ab\0\1c", 6)),
            "[ab][][c]");
  EXPECT_EQ(converse<codec::RequestFrames>([] { return codec::RequestFrames(); },
                                           "*2\r\n$3\r\nGET\r\n$1\r\nk\r\nPING\r\n*1\r\n$4\r\nQU"),
            "[GET,k,][PING,]");
  EXPECT_EQ(reason_, "");
}

TEST_P(FrameSessionTest, ABadFrameEndsTheSessionOnceWhatCameBeforeIsSent) {
  EXPECT_EQ(tell(codec::Line::make({.max_bytes = 4}).value(), "1234\n12345\n1\n"), "[1234]!");
  EXPECT_EQ(reason_, "a frame of more than 4 bytes");
  EXPECT_EQ(
      converse<codec::RequestFrames>([] { return codec::RequestFrames(); }, "PING\r\n*1\r\n!1\r\n"),
      "[PING,]!");
  EXPECT_EQ(reason_, "ERR Protocol error: expected '$', got '!'");
}

TEST_P(FrameSessionTest, ABadFrameIsLeftOutWhereToldTo) {
  const auto codec = codec::Line::make({.max_bytes = 4, .on_bad_frame = OnBadFrame::kSkip}).value();
  EXPECT_EQ(tell(codec, "1234\n" + std::string(500'000, 'x') + "\n1\n"),
            "[1234]<a frame of more than 4 bytes>[1]");
  EXPECT_EQ(reason_, "");
}

TEST_P(FrameSessionTest, AfterItsCloseNoFrameFollows) {
  EXPECT_EQ(tell(codec::Line(), "a\nquit\nb\n"), "[a][quit]");
  EXPECT_EQ(tell(codec::Line(), "a\nclose\nb\n"), "");
}

// Also when the peer has ended its stream meanwhile.
TEST_P(FrameSessionTest, APausedSessionAnswersInOrder) {
  EXPECT_EQ(tell(codec::Line(), "a\nlater\nb\nlater\nc\n"), "[a][later][late][b][later][late][c]");
}

TEST_P(FrameSessionTest, AnExceptionCostsItsConnection) {
  tell(codec::Line(), "throw\nb\n");
  EXPECT_EQ(reason_, "exception in the session: told to");
}

// Pauses at "pause"; at "resume" another one resumes it.
class Resumed : public FrameSession<codec::Line> {
 public:
  struct Waiting {
    Resumed* session = nullptr;
    Connection* connection = nullptr;
    ConnectionId id;
  };
  explicit Resumed(Waiting& waiting) : FrameSession(codec::Line()), waiting_(waiting) {}

  void on_frame(Connection& connection, std::string_view frame) override {
    connection.write("[" + std::string(frame) + "]");
    if (frame == "pause") {
      pause(connection);
      waiting_ = {this, &connection, connection.id()};
    }
    if (frame == "resume") waiting_.session->resume(*waiting_.connection);
  }

 private:
  Waiting& waiting_;
};

// One round of the I/O threads reads both: who is paused is decoded, finds nothing to do, and is
// resumed before it is handled.
TEST(FrameSessionRoundTest, WhoIsResumedByAnotherInTheSameRoundGoesOn) {
  Options options;
  options.model = ThreadingModel::kIoThreads;
  options.threads = 2;
  Resumed::Waiting waiting;
  RunningEngine engine(options, "tcp://127.0.0.1:0",
                       [&](Connection&) { return std::make_unique<Resumed>(waiting); });
  engine.start();
  std::array<Peer, 8> peers;  // enough for the threads to share them
  for (Peer& peer : peers) peer = engine.connect();
  Peer& paused = peers.back();
  paused.send("pause\n");
  ASSERT_EQ(paused.receive(7), "[pause]");
  for (int i = 0; i < 20; ++i) {
    std::promise<void> sent;
    engine.engine().post(waiting.id, [&sent](Connection*) { sent.get_future().wait(); });
    peers.front().send("resume\n");
    for (Peer& peer : peers) peer.send("x\n");
    paused.send("pause\n");
    sent.set_value();
    EXPECT_EQ(paused.receive(10), "[x][pause]");
    engine.settle();
  }
  EXPECT_EQ(engine.stop(), 0);
}

INSTANTIATE_TEST_SUITE_P(, FrameSessionTest,
                         testing::Values(ThreadingModel::kSingle, ThreadingModel::kIoThreads),
                         [](const auto& test) {
                           return test.param == ThreadingModel::kSingle ? "Single" : "IoThreads";
                         });

}  // namespace
}  // namespace weir
