#include "servers/http/router.h"

#include <algorithm>
#include <utility>

#include "codec/http_text.h"

namespace weir::http {

namespace {

constexpr std::uint16_t bit(HttpMethod method) {
  return static_cast<std::uint16_t>(1U << static_cast<unsigned>(method));
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The segment that `path` begins with, without the '/' in front of it.
std::string_view segment_of(std::string_view path) { return path.substr(1, path.find('/', 1) - 1); }

bool equals_literal(std::string_view segment, std::string_view literal) {
  if (segment == literal) return true;
  if (segment.find('%') == std::string_view::npos) return false;
  std::string decoded;
  return decode_escapes(segment, decoded) && decoded == literal;
}

}  // namespace

// A segment of patterns, and what may follow it.
struct Router::Node {
  std::string name;  // of a literal, the segment; else the parameter's
  std::vector<std::unique_ptr<Node>> literals;
  std::unique_ptr<Node> parameter;
  std::unique_ptr<Node> rest;
  std::array<std::unique_ptr<Route>, codec::kHttpMethods> routes;
  std::uint16_t methods = 0;

  Node* literal(std::string_view segment) {
    for (const auto& child : literals) {
      if (child->name == segment) return child.get();
    }
    literals.push_back(std::make_unique<Node>());
    literals.back()->name = segment;
    return literals.back().get();
  }

  // nullptr where another name stands there already: which would it be?
  static Node* named(std::unique_ptr<Node>& place, std::string_view name) {
    if (place == nullptr) {
      place = std::make_unique<Node>();
      place->name = name;
    }
    return place->name == name ? place.get() : nullptr;
  }

  // What is left of the path below this node. Ends with routes or leads nowhere.
  bool find(HttpMethod method, std::string_view path, Match& match) const {
    if (path.empty()) return take(method, match);
    const std::string_view segment = segment_of(path);
    const std::string_view below = path.substr(1 + segment.size());
    for (const auto& child : literals) {
      if (equals_literal(segment, child->name) && child->find(method, below, match)) {
        return true;
      }
    }
    const std::size_t count = match.parameters_count;
    if (parameter != nullptr && !segment.empty()) {
      match.add(parameter->name, segment);
      if (parameter->find(method, below, match)) return true;
      match.parameters_count = count;
    }
    if (rest == nullptr) return false;
    match.add(rest->name, path.substr(1));
    if (rest->take(method, match)) return true;
    match.parameters_count = count;
    return false;
  }

  // Whether it has a route for the method; notes for which it has one.
  bool take(HttpMethod method, Match& match) const {
    match.allowed |= methods;
    match.route = route_of(method);
    const Route* const get = route_of(HttpMethod::kGet);
    if (get == nullptr) return match.route != nullptr;
    match.allowed |= bit(HttpMethod::kHead);
    if (match.route == nullptr && method == HttpMethod::kHead) match.route = get;
    return match.route != nullptr;
  }
  const Route* route_of(HttpMethod method) const {
    return routes[static_cast<std::size_t>(method)].get();
  }
};

Router::Router() : root_(std::make_unique<Node>()) {}
Router::~Router() = default;

Status Router::add(HttpMethod method, std::string_view pattern, Route route) {
  const std::string text(pattern);
  if (pattern != "*" && !pattern.starts_with('/')) {
    return Status::error("the route '" + text + "' does not begin with '/'");
  }
  Node* node = root_.get();
  std::size_t parameters = 0;
  for (std::string_view left = pattern == "*" ? "" : pattern; !left.empty();) {
    const std::string_view segment = segment_of(left);
    left.remove_prefix(1 + segment.size());
    const bool is_rest = segment.starts_with('*');
    if (!is_rest && !segment.starts_with(':')) {
      node = node->literal(segment);
      continue;
    }
    if (segment.size() == 1) return Status::error("a parameter without a name in '" + text + "'");
    if (is_rest && !left.empty()) {
      return Status::error("'" + text + "' goes on behind its '*', which takes all the rest");
    }
    if (++parameters > Match::kMaxParameters) {
      return Status::error("'" + text + "' has more than 8 parameters");
    }
    node = Node::named(is_rest ? node->rest : node->parameter, segment.substr(1));
    if (node == nullptr) {
      return Status::error("another route has another name for '" + std::string(segment) +
                           "' of '" + text + "'");
    }
  }
  auto& place = node->routes[static_cast<std::size_t>(method)];
  if (place != nullptr) {
    return Status::error("a second route for " + std::string(codec::http_method_name(method)) +
                         " '" + text + "'");
  }
  place = std::make_unique<Route>(std::move(route));
  node->methods |= bit(method);
  return Status::ok();
}

void Router::find(HttpMethod method, std::string_view path, Match& match) const {
  match.clear();
  if (codec::equals(path, "*")) {
    root_->take(method, match);
  } else {
    root_->find(method, path, match);
  }
  if (match.path_exists()) match.allowed |= bit(HttpMethod::kOptions);
}

std::string allow_field(std::uint16_t allowed) {
  std::string text;
  for (std::size_t i = 0; i < codec::kHttpMethods; ++i) {
    const auto method = static_cast<HttpMethod>(i);
    if ((allowed & bit(method)) == 0) continue;
    if (!text.empty()) text += ", ";
    text += codec::http_method_name(method);
  }
  return text;
}

bool decode_escapes(std::string_view text, std::string& decoded) {
  decoded.clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded.push_back(text[i]);
      continue;
    }
    if (i + 2 >= text.size()) return false;
    const int high = hex_value(text[i + 1]);
    const int low = hex_value(text[i + 2]);
    if (high < 0 || low < 0 || (high == 0 && low == 0)) return false;
    decoded.push_back(static_cast<char>(16 * high + low));
    i += 2;
  }
  return true;
}

}  // namespace weir::http
