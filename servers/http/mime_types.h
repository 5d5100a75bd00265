// The type of a file by its name.
#pragma once

#include <string_view>

namespace weir::http {

// "text/html; charset=utf-8" of "/a/index.html"; "application/octet-stream" where it isn't known.
std::string_view mime_type(std::string_view path);

}  // namespace weir::http
