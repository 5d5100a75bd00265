// LZF, the compression of M. Lehmann's liblzf, in which RDB holds its longer texts:
//
//   000nnnnn                      n + 1 bytes follow as they are
//   nnnooooo oooooooo             n + 2 bytes (n from 1 to 6) from o + 1 bytes before
//   111ooooo nnnnnnnn oooooooo    n + 9 bytes from o + 1 bytes before
//
// Compression makes what liblzf makes with Redis' settings when its table starts empty, byte for
// byte. liblzf leaves that table uninitialised, so that its output also depends on what the stack
// held before; this one's depends on the text alone. It keeps the table, 256 KiB, for the next text
// of the thread. Any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace weir::redis::rdb {

// The longest text that either function takes.
inline constexpr std::size_t kMaxLzfText = std::size_t{1} << 30;

// False, with `to` unspecified, when the result would not fit into `max_size` bytes, or could come
// near that: it is given up a few bytes early, as in liblzf.
bool compress_lzf(std::string_view text, std::size_t max_size, std::string& to);

// False, with `to` unspecified, unless the bytes are whole and make exactly `size` bytes, at least
// one. Makes no room for a size that so few bytes could not come to.
bool decompress_lzf(std::string_view compressed, std::size_t size, std::string& to);

}  // namespace weir::redis::rdb
