#include "servers/http/response.h"

#include <atomic>
#include <utility>

#include "codec/http_response.h"
#include "codec/http_text.h"
#include "servers/http/exchange.h"
#include "servers/http/session.h"

namespace weir::http {

class Later::Owed {
 public:
  Owed(Engine& engine, ConnectionId id, std::uint32_t request)
      : engine_(engine), id_(id), request_(request) {}
  ~Owed() {
    give([](Response& response) { response.send_status(500); });
  }
  Owed(const Owed&) = delete;
  Owed& operator=(const Owed&) = delete;

  // Once.
  void give(std::function<void(Response&)> task) {
    if (given_.exchange(true)) return;
    engine_.post(id_, [task = std::move(task), request = request_](Connection* connection) {
      if (connection == nullptr) return;
      static_cast<Session&>(connection->session()).answer_late(request, task);
    });
  }

 private:
  Engine& engine_;
  const ConnectionId id_;
  const std::uint32_t request_;
  std::atomic<bool> given_{false};
};

Later::Later(Engine& engine, ConnectionId id, std::uint32_t request)
    : owed_(std::make_shared<Owed>(engine, id, request)) {}

void Later::answer(std::function<void(Response&)> task) const { owed_->give(std::move(task)); }

Response& Response::status(int status) {
  status_ = status >= 200 && status <= 999 ? status : 500;
  return *this;
}

Response& Response::field(std::string_view name, std::string_view value) {
  for (const std::string_view own :
       {"Content-Length", "Transfer-Encoding", "Connection", "Date", "Content-Type"}) {
    if (codec::equals_ignoring_case(name, own)) return *this;
  }
  fields_.add(name, value);
  return *this;
}

Response& Response::fields(const codec::HttpFields& fields) {
  fields_.add(fields);
  return *this;
}

Response& Response::content_type(std::string_view type) {
  content_type_ = codec::is_field_value(type) ? type : "application/octet-stream";
  return *this;
}

void Response::send(std::string_view body) { exchange_.reply(*this, body); }

void Response::send(const std::vector<BodyPart>& parts) { exchange_.reply(*this, parts); }

void Response::send_status(int status) { exchange_.reply_status(status, fields_); }

void Response::stream(std::unique_ptr<BodyWriter> writer) {
  exchange_.start_stream(*this, std::move(writer), false, 0);
}

void Response::stream(std::unique_ptr<BodyWriter> writer, std::uint64_t length) {
  exchange_.start_stream(*this, std::move(writer), true, length);
}

void Response::read_body(std::unique_ptr<BodyReader> reader) {
  exchange_.read_body(std::move(reader));
}

Later Response::later() { return exchange_.await_later(); }

bool Response::answered() const { return exchange_.answered(); }

}  // namespace weir::http
