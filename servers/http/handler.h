// What answers requests.
//
//   Handler: runs when the request is there, its body too, and answers it, now or later
//            (Response::later()).
//   Middleware: makes a handler of a handler, when routes are added; so it sees the request
//            before, and may answer itself, and adds fields to the response.
//
//   server.use([](Handler next) {
//     return [next](const Request& request, Response& response) {
//       response.field("X-Frame-Options", "DENY");
//       next(request, response);
//     };
//   });
//
// Thread rule: a handler runs on the connection's reactor, several reactors run the same one.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

namespace weir::http {

class Request;
class Response;

using Handler = std::function<void(const Request&, Response&)>;
using Middleware = std::function<Handler(Handler)>;

// Takes a request's body while it arrives. One for each request, on the connection's reactor.
class BodyReader {
 public:
  virtual ~BodyReader() = default;

  // A piece, maybe none; after the last the request is answered, as by a handler. Answered before
  // that, the connection closes behind the answer.
  virtual void read(std::string_view piece, bool last, Response& response) = 0;
};

struct Route {
  static constexpr std::uint64_t kDefaultBody = 0xffff'ffff'ffff'ffff;  // the server's max_body

  Handler handler;
  std::uint64_t max_body = kDefaultBody;  // bytes; 413 beyond
  // The handler runs when the head is there, and calls Response::read_body().
  bool streams_body = false;
};

}  // namespace weir::http
