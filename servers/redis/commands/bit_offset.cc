#include "servers/redis/commands/bit_offset.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "servers/redis/types/integer_text.h"

namespace weir::redis::commands {

bool read_bit_offset(Call& call, std::size_t i, std::uint64_t field_bits, std::uint64_t& offset) {
  std::string_view text = call.argument(i);
  const bool counts_fields = field_bits > 0 && text.starts_with('#');
  if (counts_fields) text.remove_prefix(1);
  const std::uint64_t unit = counts_fields ? field_bits : 1;
  const auto limit = static_cast<std::uint64_t>(
      call.server.config().max_bulk_bytes.load(std::memory_order_relaxed));
  const std::optional<std::int64_t> number = parse_integer(text);
  // The limit is in bytes, and far from what a product of both could be too large for.
  const bool fits =
      number && *number >= 0 && static_cast<std::uint64_t>(*number) < (limit << 3) / unit + 1;
  if (fits) offset = static_cast<std::uint64_t>(*number) * unit;
  if (fits && (offset >> 3) < limit) return true;
  call.error("ERR bit offset is not an integer or out of range");
  return false;
}

char* bytes_to_change(Call& call, std::uint64_t last_bit, bool& grown) {
  std::optional<std::string_view> old;
  if (!call.find_text(1, old)) return nullptr;
  const std::size_t old_size = old ? old->size() : 0;
  const std::size_t size = std::max<std::size_t>(old_size, (last_bit >> 3) + 1);
  grown = size > old_size;
  if (!old) call.shard(1).set_text(call.key(1), {}, Entry::kNever, call.now_ms);
  return call.shard(1).resize_text(call.key(1), size);
}

}  // namespace weir::redis::commands
