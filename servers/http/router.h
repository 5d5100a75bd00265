// Which handler a path and a method belong to.
//
//   router.add(HttpMethod::kGet, "/users/:id", route);       /users/7        id = "7"
//   router.add(HttpMethod::kGet, "/files/*path", route);     /files/a/b.txt  path = "a/b.txt"
//
// A pattern's segment is literal, one ":name" for any one segment that is not empty, or, at the
// end, "*name" for all the rest, maybe nothing. A literal goes before ":name", ":name" before
// "*name", segment by segment; where that leads to no route for the method the next is tried, so
// that a form's POST "/" does not hide the files that GET "/*path" serves. Paths are matched as
// they were sent, but that escapes ("%41") in literals are decoded; parameters are given as sent.
//
// Filled before the server runs, then only read, by all threads.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "codec/http_head.h"
#include "servers/http/handler.h"

namespace weir::http {

using codec::HttpMethod;

// Left as it is until it is filled: a match is made for each request.
struct Parameter {
  const std::string* name;
  const char* at;
  std::size_t size;

  std::string_view value() const { return {at, size}; }
};

struct Match {
  static constexpr std::size_t kMaxParameters = 8;

  const Route* route = nullptr;  // nullptr: none for that method
  std::uint16_t allowed = 0;     // a bit for each method that the path has, HEAD and OPTIONS too
  std::size_t parameters_count = 0;
  std::array<Parameter, kMaxParameters> parameters;

  void add(const std::string& name, std::string_view value) {
    parameters[parameters_count++] = {&name, value.data(), value.size()};
  }
  void clear() {
    route = nullptr;
    allowed = 0;
    parameters_count = 0;
  }
  bool path_exists() const { return allowed != 0; }
};

class Router {
 public:
  Router();
  ~Router();
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;

  // Fails, and says why, where the pattern is none or has a route for that method already.
  Status add(HttpMethod method, std::string_view pattern, Route route);

  // HEAD finds GET's route where it has none of its own. The names are the router's, the values
  // views of `path`.
  void find(HttpMethod method, std::string_view path, Match& match) const;

 private:
  struct Node;

  std::unique_ptr<Node> root_;
};

// "GET, HEAD, OPTIONS"
std::string allow_field(std::uint16_t allowed);

// Replaces "%41" by 'A'; false, and `decoded` undefined, where an escape is none or means NUL.
bool decode_escapes(std::string_view text, std::string& decoded);

}  // namespace weir::http
