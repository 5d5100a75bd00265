#include "servers/http/response.h"

#include <atomic>
#include <utility>

#include "codec/http_response.h"
#include "servers/http/session.h"

namespace weir::http {

class Later::Owed {
 public:
  Owed(Engine& engine, ConnectionId id) : engine_(engine), id_(id) {}
  ~Owed() {
    give([](Response& response) { response.send_status(500); });
  }
  Owed(const Owed&) = delete;
  Owed& operator=(const Owed&) = delete;

  // Once.
  void give(std::function<void(Response&)> task) {
    if (given_.exchange(true)) return;
    engine_.post(id_, [task = std::move(task)](Connection* connection) {
      if (connection != nullptr) static_cast<Session&>(connection->session()).answer_late(task);
    });
  }

 private:
  Engine& engine_;
  const ConnectionId id_;
  std::atomic<bool> given_{false};
};

Later::Later(Engine& engine, ConnectionId id) : owed_(std::make_shared<Owed>(engine, id)) {}

void Later::answer(std::function<void(Response&)> task) const { owed_->give(std::move(task)); }

Response& Response::status(int status) {
  status_ = status;
  return *this;
}

Response& Response::field(std::string_view name, std::string_view value) {
  codec::append_field(fields_, name, value);
  return *this;
}

Response& Response::content_type(std::string_view type) {
  content_type_ = type;
  return *this;
}

void Response::send(std::string_view body) { session_.reply(*this, body); }

void Response::send(const std::vector<BodyPart>& parts) { session_.reply(*this, parts); }

void Response::send_status(int status) { session_.reply_status(status, fields_); }

void Response::stream(std::unique_ptr<BodyWriter> writer) {
  session_.start_stream(*this, std::move(writer), false, 0);
}

void Response::stream(std::unique_ptr<BodyWriter> writer, std::uint64_t length) {
  session_.start_stream(*this, std::move(writer), true, length);
}

void Response::read_body(std::unique_ptr<BodyReader> reader) {
  session_.read_body(std::move(reader));
}

Later Response::later() { return session_.await_later(); }

bool Response::answered() const { return session_.current_.answered; }

}  // namespace weir::http
