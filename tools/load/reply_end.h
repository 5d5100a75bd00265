// Where a reply of the RESP protocol ends, versions 2 and 3.
#pragma once

#include <cstddef>
#include <string_view>

namespace weir::load {

// The bytes of the reply at the front; 0 where it is not whole, npos where it is none.
std::size_t reply_end(std::string_view bytes);

}  // namespace weir::load
