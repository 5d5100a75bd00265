// A Session for whoever thinks in frames: it picks a codec and is given one frame after the other.
//
//   class LineEcho : public FrameSession<codec::Line> {
//     using FrameSession::FrameSession;
//     void on_frame(Connection& connection, std::string_view line) override { ... }
//   };
//   engine.listen(address, [](Connection&) { return std::make_unique<LineEcho>(codec::Line()); });
//
// A frame is decoded when the one before it has been handled, so output that is full, or a
// connection that closes, stops the next. The session consumes the input; on_frame() leaves it
// alone. What is no whole frame when the peer ends its stream is dropped. A frame longer than
// Connection::kMaxUnread never gets whole: whatever the codec allows, that closes the connection.
//
// Thread rule: that of core/session.h.
#pragma once

#include <new>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/check.h"
#include "base/status.h"
#include "codec/frame.h"
#include "core/connection.h"
#include "core/log.h"
#include "core/session.h"

namespace weir {

template <codec::FrameDecoder Codec>
class FrameSession : public Session {
 public:
  using Frame = typename Codec::Frame;
  // How a frame is passed on: a small one by value.
  using PassedFrame = std::conditional_t<(sizeof(Frame) <= 16), Frame, const Frame&>;

  explicit FrameSession(Codec codec) : codec_(std::move(codec)) {}

 protected:
  // The frame's views end when it returns.
  virtual void on_frame(Connection& connection, PassedFrame frame) = 0;

  // The codec left out a frame that was bad, and goes on (OnBadFrame::kSkip). A hostile peer brings
  // this about once for every few bytes.
  virtual void on_skipped(Connection& connection) { (void)connection; }

  // The codec can't go on, for codec().error(): the connection closes once what was written is
  // sent, what is written here too. The reason goes to closed().
  virtual void on_failed(Connection& connection) { (void)connection; }

  // An answer comes later, from a timer or another thread: no frame until resume(), so that answers
  // keep the order of their frames. As Connection::hold(), and as release().
  void pause(Connection& connection) {
    WEIR_CHECK(!std::exchange(paused_, true));
    connection.hold();
  }
  void resume(Connection& connection) {
    WEIR_CHECK(std::exchange(paused_, false));
    connection.release();
  }

  // Writes `payload` as a frame; `more` is what else the codec's encode() takes, as a LengthField's
  // prefix. Fails, and writes nothing, where the codec can't say it.
  template <class... More>
  Status send(Connection& connection, std::string_view payload, const More&... more) const {
    const auto write = [&connection](std::string_view piece) { connection.write(piece); };
    return codec_.encode(payload, write, more...);
  }

  Codec& codec() { return codec_; }

  // Who overrides it calls this one.
  Decoded decode(InputBuffer& input) override {
    if (paused_) return Decoded::kNeedMore;
    new (&step_) Step(codec_.next(input.unread()));  // made in place, where assigning copies
    if (step_.outcome != codec::Outcome::kNeedMore) return Decoded::kReady;
    input.consume(step_.consumed);
    return Decoded::kNeedMore;
  }

 private:
  using Step = codec::Step<Frame>;
  static_assert(std::is_trivially_destructible_v<Step>);

  void handle(Connection& connection) final {
    switch (step_.outcome) {
      case codec::Outcome::kFrame:
        on_frame(connection, step_.frame);
        if constexpr (requires { codec_.release(); }) codec_.release();
        break;
      case codec::Outcome::kSkipped:
        on_skipped(connection);
        break;
      case codec::Outcome::kFailed:
        WEIR_LOG(kVerbose, "%s", codec_.error().message().c_str());
        on_failed(connection);
        return connection.close_after_flush(Status::error(codec_.error().message()));
      case codec::Outcome::kNeedMore:
        return;
    }
    if (connection.is_open()) connection.consume(step_.consumed);
  }

  Codec codec_;
  Step step_;  // what decode() found, for handle()
  bool paused_ = false;
};

}  // namespace weir
