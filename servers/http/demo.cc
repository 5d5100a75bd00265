#include "servers/http/demo.h"

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

#include "servers/http/body_writer.h"
#include "servers/http/request.h"
#include "servers/http/response.h"

namespace weir::http {

namespace {

// An event a second, until the client has enough.
class Ticks final : public BodyWriter {
 public:
  Wrote write(BodySink& sink) override {
    if (sink.stopping()) return Wrote::kEnd;
    sink.append("id: " + std::to_string(ticks_) + "\ndata: tick " + std::to_string(ticks_) +
                "\n\n");
    ++ticks_;
    sink.wake_after(1000);
    return Wrote::kWait;
  }

 private:
  int ticks_ = 0;
};

std::string fields_as_text(const Request& request) {
  std::string text;
  for (std::size_t i = 0; i < request.head().fields(); ++i) {
    const auto field = request.head().field(i);
    text.append(field.name).append(": ").append(field.value).append("\n");
  }
  return text;
}

void echo(const Request& request, Response& response) {
  if (request.body().empty()) return response.send(fields_as_text(request));
  const std::string_view type = request.field("Content-Type");
  response.content_type(type.empty() ? "application/octet-stream" : type).send(request.body());
}

void events(const Request&, Response& response) {
  response.field("Cache-Control", "no-cache").content_type("text/event-stream");
  response.stream(std::make_unique<Ticks>());
}

// "name=value", a line each.
void cookies(const Request& request, Response& response) {
  std::string text;
  std::string_view left = request.field("Cookie");
  while (!left.empty()) {
    const std::string_view cookie = left.substr(0, left.find(';'));
    left.remove_prefix(std::min(cookie.size() + 1, left.size()));
    text.append(cookie.substr(std::min(cookie.find_first_not_of(' '), cookie.size()))).append("\n");
  }
  response.send(text);
}

}  // namespace

void add_demo_routes(Server& server) {
  server.get("/plaintext", [](const Request&, Response& response) {
    response.content_type("text/plain").send("Hello, World!");
  });
  server.get("/json", [](const Request&, Response& response) {
    response.content_type("application/json").send(R"({"message":"Hello, World!"})");
  });
  server.post("/", echo);
  server.any("/echo", echo);
  server.get("/sse", events);
  server.get("/cookie", cookies);
}

}  // namespace weir::http
