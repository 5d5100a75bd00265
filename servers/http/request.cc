#include "servers/http/request.h"

#include <algorithm>

namespace weir::http {

std::string_view Request::raw_parameter(std::string_view name) const {
  for (std::size_t i = 0; i < match_.parameters_count; ++i) {
    if (*match_.parameters[i].name == name) return match_.parameters[i].value();
  }
  return {};
}

std::optional<std::string> Request::parameter(std::string_view name) const {
  std::string decoded;
  if (!decode_escapes(raw_parameter(name), decoded)) return {};
  return decoded;
}

std::optional<std::string> Request::query_parameter(std::string_view name) const {
  for (std::string_view left = query(); !left.empty();) {
    const std::string_view pair = left.substr(0, left.find('&'));
    left.remove_prefix(std::min(pair.size() + 1, left.size()));
    if (pair.substr(0, pair.find('=')) != name) continue;
    std::string value(pair.substr(std::min(name.size() + 1, pair.size())));
    std::replace(value.begin(), value.end(), '+', ' ');
    std::string decoded;
    if (!decode_escapes(value, decoded)) return {};
    return decoded;
  }
  return {};
}

}  // namespace weir::http
