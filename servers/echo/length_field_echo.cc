// Sends back every frame: four bytes that say how many follow, the highest first, and those.
//   ./bazelw run //servers/echo:length_field_echo -- --port 9000
#include <memory>
#include <string_view>

#include "codec/length_field.h"
#include "framing/frame_session.h"
#include "servers/echo/serve.h"

namespace {

using weir::codec::LengthField;

class FrameEcho : public weir::FrameSession<LengthField> {
  using FrameSession::FrameSession;

  void on_frame(weir::Connection& connection, std::string_view payload) override {
    const weir::Status status = send(connection, payload);
    if (!status.is_ok()) connection.close_after_flush(status);
  }
};

}  // namespace

int main(int argc, char** argv) {
  const LengthField codec = LengthField::make({.width = 4, .strip_header = true}).value();
  return weir::serve(argc, argv, "length field echo",
                     [codec](weir::Connection&) { return std::make_unique<FrameEcho>(codec); });
}
