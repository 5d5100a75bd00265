#include "servers/http/body_writer.h"

#include "codec/http_response.h"
#include "servers/http/session.h"

namespace weir::http {

void Waker::operator()() const {
  engine_->post(id_, [request = request_](Connection* connection) {
    if (connection != nullptr) static_cast<Session&>(connection->session()).wake(request);
  });
}

void BodySink::append(std::string_view bytes) {
  written_ += bytes.size();
  if (chunked_) {
    codec::write_chunk(connection_.output(), bytes);
  } else {
    connection_.output().append(bytes);
  }
}

void BodySink::wake_after(std::int64_t ms) {
  connection_.run_after(ms, [waker = waker_](Connection*) { waker(); });
}

}  // namespace weir::http
