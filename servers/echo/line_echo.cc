// Sends back every line, ended by "\r\n" however it came.
//   ./bazelw run //servers/echo:line_echo -- --port 9000
#include <memory>
#include <string_view>

#include "codec/line.h"
#include "framing/frame_session.h"
#include "servers/echo/serve.h"

namespace {

class LineEcho : public weir::FrameSession<weir::codec::Line> {
  using FrameSession::FrameSession;

  void on_frame(weir::Connection& connection, std::string_view line) override {
    const weir::Status status = send(connection, line);
    if (!status.is_ok()) connection.close_after_flush(status);
  }
};

}  // namespace

int main(int argc, char** argv) {
  return weir::serve(argc, argv, "line echo", [](weir::Connection&) {
    return std::make_unique<LineEcho>(weir::codec::Line());
  });
}
