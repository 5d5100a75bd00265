// Strings as arrays of bits. Fields of several bits are in bitfield.cc.
#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "servers/redis/call.h"
#include "servers/redis/commands/bit_offset.h"
#include "servers/redis/commands/groups.h"

namespace weir::redis::commands {
namespace {

constexpr std::string_view kNoBit = "ERR bit is not an integer or out of range";

std::uint8_t byte_at(std::string_view text, std::uint64_t i) {
  return static_cast<std::uint8_t>(text[static_cast<std::size_t>(i)]);
}

void setbit(Call& call) {
  std::uint64_t offset = 0;
  std::int64_t bit = 0;
  if (!read_bit_offset(call, 2, 0, offset) || !call.integer(3, bit, kNoBit)) return;
  if (bit != 0 && bit != 1) return call.error(kNoBit);
  bool grown = false;
  char* const bytes = bytes_to_change(call, offset, grown);
  if (bytes == nullptr) return;
  char& byte = bytes[offset >> 3];
  const auto mask = static_cast<std::uint8_t>(0x80U >> (offset & 7));
  const bool old = (static_cast<std::uint8_t>(byte) & mask) != 0;
  if (old != (bit == 1)) byte = static_cast<char>(static_cast<std::uint8_t>(byte) ^ mask);
  if (grown || old != (bit == 1)) call.changed(1, {kStringEvent, "setbit"});
  call.reply.integer(old ? 1 : 0);
}

void getbit(Call& call) {
  std::uint64_t offset = 0;
  if (!read_bit_offset(call, 2, 0, offset)) return;
  const Entry* entry = call.read_entry(1);
  if (entry != nullptr && entry->type() != Type::kString) return call.wrong_type();
  const bool there = entry != nullptr && (offset >> 3) < entry->text().size();
  const bool set = there && (byte_at(entry->text(), offset >> 3) & (0x80U >> (offset & 7))) != 0;
  call.reply.integer(set ? 1 : 0);
}

// Bits of a string, the first and the last; none where first > last.
struct BitRange {
  std::int64_t first = 0;
  std::int64_t last = -1;
};

// Argument i as the unit of a range: BYTE or BIT.
bool read_unit(Call& call, std::size_t i, bool& bits) {
  bits = call.is_option(i, "bit");
  if (bits || call.is_option(i, "byte")) return true;
  call.syntax_error();
  return false;
}

// From the ends as they were given, negative ones from the string's end, in bits or bytes.
BitRange resolve(std::int64_t first, std::int64_t last, bool bits, std::size_t bytes) {
  const std::int64_t length = static_cast<std::int64_t>(bytes) * (bits ? 8 : 1);
  if (first < 0) first = std::max<std::int64_t>(first + length, 0);
  if (last < 0) last = std::max<std::int64_t>(last + length, 0);
  last = std::min(last, length - 1);
  if (first > last) return {};
  return bits ? BitRange{first, last} : BitRange{8 * first, 8 * last + 7};
}

// The byte at i, its bits outside of the range cleared.
std::uint8_t byte_within(std::string_view text, std::int64_t i, BitRange range) {
  std::uint32_t byte = byte_at(text, static_cast<std::uint64_t>(i));
  if (i == range.first >> 3) byte &= 0xffU >> (range.first & 7);
  if (i == range.last >> 3) byte &= 0xff00U >> ((range.last & 7) + 1);
  return static_cast<std::uint8_t>(byte);
}

std::int64_t count_bits(std::string_view text, BitRange range) {
  std::int64_t count = 0;
  const std::int64_t last = range.last >> 3;
  for (std::int64_t i = range.first >> 3; i <= last;) {
    // Eight bytes at a time, where none of them is an end.
    if (i > range.first >> 3 && i + 8 <= last) {
      std::uint64_t word = 0;
      std::memcpy(&word, text.data() + i, sizeof word);
      count += std::popcount(word);
      i += 8;
    } else {
      count += std::popcount(byte_within(text, i++, range));
    }
  }
  return count;
}

void bitcount(Call& call) {
  std::optional<std::string_view> text;
  if (!call.read_text(1, text)) return;
  if (!text) return call.reply.integer(0);
  if (call.size() == 2)
    return call.reply.integer(count_bits(*text, resolve(0, -1, false, text->size())));
  if (call.size() == 3 || call.size() > 5) return call.syntax_error();
  std::int64_t first = 0;
  std::int64_t last = 0;
  if (!call.integer(2, first) || !call.integer(3, last)) return;
  if (first < 0 && last < 0 && first > last) return call.reply.integer(0);
  bool bits = false;
  if (call.size() == 5 && !read_unit(call, 4, bits)) return;
  const BitRange range = resolve(first, last, bits, text->size());
  call.reply.integer(range.first > range.last ? 0 : count_bits(*text, range));
}

// The first bit of the range that is as wanted; -1 where there is none.
std::int64_t find_bit(std::string_view text, BitRange range, bool wanted) {
  const std::int64_t last = range.last >> 3;
  for (std::int64_t i = range.first >> 3; i <= last; ++i) {
    std::uint32_t byte = byte_at(text, static_cast<std::uint64_t>(i));
    if (!wanted) byte = ~byte & 0xffU;
    if (i == range.first >> 3) byte &= 0xffU >> (range.first & 7);
    if (i == last) byte &= 0xff00U >> ((range.last & 7) + 1);
    if (byte != 0) return 8 * i + std::countl_zero(static_cast<std::uint8_t>(byte));
  }
  return -1;
}

void bitpos(Call& call) {
  std::int64_t bit = 0;
  if (!call.integer(2, bit)) return;
  if (bit != 0 && bit != 1) return call.error("ERR The bit argument must be 1 or 0.");
  std::optional<std::string_view> text;
  if (!call.read_text(1, text)) return;
  if (!text) return call.reply.integer(bit == 1 ? -1 : 0);
  if (call.size() > 6) return call.syntax_error();
  std::int64_t first = 0;
  std::int64_t last = -1;
  bool bits = false;
  if (call.size() > 3 && !call.integer(3, first)) return;
  if (call.size() == 6 && !read_unit(call, 5, bits)) return;
  const bool has_end = call.size() > 4;
  if (has_end && !call.integer(4, last)) return;
  const BitRange range = resolve(first, last, bits, text->size());
  if (range.first > range.last) return call.reply.integer(-1);
  std::int64_t found = find_bit(*text, range, bit == 1);
  // Where no end was given, zeros follow the string.
  if (found < 0 && bit == 0 && !has_end) found = 8 * static_cast<std::int64_t>(text->size());
  call.reply.integer(found);
}

enum class Operation : std::uint8_t { kAnd, kOr, kXor, kNot };

std::optional<Operation> read_operation(const Call& call) {
  if (call.is_option(1, "and")) return Operation::kAnd;
  if (call.is_option(1, "or")) return Operation::kOr;
  if (call.is_option(1, "xor")) return Operation::kXor;
  if (call.is_option(1, "not")) return Operation::kNot;
  return {};
}

// `text` is followed by zeros.
void combine(std::string& result, std::string_view text, Operation operation) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    char& byte = result[i];
    switch (operation) {
      case Operation::kAnd:
        byte = static_cast<char>(byte & text[i]);
        break;
      case Operation::kOr:
        byte = static_cast<char>(byte | text[i]);
        break;
      case Operation::kXor:
        byte = static_cast<char>(byte ^ text[i]);
        break;
      case Operation::kNot:
        byte = static_cast<char>(~text[i]);
        break;
    }
  }
  if (operation != Operation::kAnd) return;
  std::fill(result.begin() + static_cast<std::ptrdiff_t>(text.size()), result.end(), '\0');
}

// The result goes to key 2, which may be one of the sources.
void bitop(Call& call) {
  constexpr std::size_t kTarget = 2;
  constexpr std::size_t kFirstSource = 3;
  const auto operation = read_operation(call);
  if (!operation) return call.syntax_error();
  if (*operation == Operation::kNot && call.size() != kFirstSource + 1) {
    return call.error("ERR BITOP NOT must be called with a single source key.");
  }
  std::vector<std::string_view> sources;
  std::size_t size = 0;
  for (std::size_t i = kFirstSource; i < call.size(); ++i) {
    std::optional<std::string_view> text;
    if (!call.read_text(i, text)) return;
    sources.push_back(text.value_or(std::string_view()));
    size = std::max(size, sources.back().size());
  }
  std::string result(sources.front());
  result.resize(size);
  if (*operation == Operation::kNot) {
    combine(result, sources.front(), *operation);
  } else {
    for (std::size_t i = 1; i < sources.size(); ++i) combine(result, sources[i], *operation);
  }
  if (size == 0) {
    call.remove_stored(kTarget);
  } else {
    call.shard(kTarget).set_text(call.key(kTarget), {}, Entry::kNever, call.now_ms);
    std::copy(result.begin(), result.end(),
              call.shard(kTarget).resize_text(call.key(kTarget), size));
    call.changed(kTarget, {kStringEvent, "set"});
  }
  call.reply.integer(static_cast<std::int64_t>(size));
}

constexpr KeyRange kFirst{1, 1, 1};
constexpr KeyRange kFromSecond{2, -1, 1};

constexpr Command kRows[] = {
    {"bitcount", -2, kReadonly, kFirst, bitcount, "2.6.0",
     "Counts the bits that are set in a string, or in a part of it."},
    {"bitop", -4, kWrite | kDenyOom, kFromSecond, bitop, "2.6.0",
     "Combines strings bit by bit, and stores the result."},
    {"bitpos", -3, kReadonly, kFirst, bitpos, "2.8.7",
     "Finds the first bit of a string, or of a part of it, that is set or clear."},
    {"getbit", 3, kReadonly | kFast, kFirst, getbit, "2.2.0", "Returns a bit of a string."},
    {"setbit", 4, kWrite | kDenyOom, kFirst, setbit, "2.2.0",
     "Sets or clears a bit of a string, lengthening it, and returns the old one."},
};

}  // namespace

const CommandGroup kBitmap{"bitmap", kRows};

}  // namespace weir::redis::commands
