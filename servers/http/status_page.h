// The page that shows the engine live, whole: no other file is asked for.
#pragma once

#include <string_view>

namespace weir::http {

extern const std::string_view kStatusPage;

}  // namespace weir::http
