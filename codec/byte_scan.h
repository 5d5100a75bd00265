// The first of several bytes in a view, at the speed of memory: what memchr() is for one byte.
// Any thread.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace weir::codec {

class ByteScan {
 public:
  static constexpr std::size_t kMaxNeedles = 8;

  // Does nothing for a byte that is there already. REQUIRES: not more than kMaxNeedles different.
  void add(char needle);

  // Its place, from `from` on; npos where there is none.
  std::size_t find(std::string_view bytes, std::size_t from) const;

 private:
  std::size_t find_any(std::string_view bytes, std::size_t from) const;

  std::array<char, kMaxNeedles> needles_{};
  std::size_t count_ = 0;
};

}  // namespace weir::codec
