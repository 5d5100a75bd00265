// Integers of any width within strings: BITFIELD and its read-only half.
#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "servers/redis/call.h"
#include "servers/redis/commands/bit_offset.h"
#include "servers/redis/commands/groups.h"
#include "servers/redis/types/integer_text.h"

namespace weir::redis::commands {
namespace {

enum class Overflow : std::uint8_t { kWrap, kSaturate, kFail };

struct Width {
  bool is_signed = false;
  std::uint32_t bits = 0;  // to 64, or 63 where it has no sign
};

struct FieldOperation {
  enum class Kind : std::uint8_t { kGet, kSet, kIncrease };

  Kind kind = Kind::kGet;
  Overflow overflow = Overflow::kWrap;
  Width width;
  std::uint64_t offset = 0;  // in bits
  std::int64_t operand = 0;
};

bool read_width(Call& call, std::size_t i, Width& width) {
  std::string_view text = call.argument(i);
  width.is_signed = text.starts_with('i');
  const bool has_kind = width.is_signed || text.starts_with('u');
  const auto bits = has_kind ? parse_integer(text.substr(1)) : std::nullopt;
  const std::int64_t most = width.is_signed ? 64 : 63;
  if (bits && *bits >= 1 && *bits <= most) {
    width.bits = static_cast<std::uint32_t>(*bits);
    return true;
  }
  call.error(
      "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but "
      "i64 is.");
  return false;
}

bool read_overflow(Call& call, std::size_t i, Overflow& overflow) {
  if (call.is_option(i, "wrap")) {
    overflow = Overflow::kWrap;
  } else if (call.is_option(i, "sat")) {
    overflow = Overflow::kSaturate;
  } else if (call.is_option(i, "fail")) {
    overflow = Overflow::kFail;
  } else {
    call.error("ERR Invalid OVERFLOW type specified");
    return false;
  }
  return true;
}

// The subcommand at argument i, which it goes behind. False, with the error replied.
bool read_operation(Call& call, std::size_t& i, FieldOperation& operation) {
  const std::size_t left = call.size() - i - 1;
  if (call.is_option(i, "get") && left >= 2) {
    operation.kind = FieldOperation::Kind::kGet;
  } else if (call.is_option(i, "set") && left >= 3) {
    operation.kind = FieldOperation::Kind::kSet;
  } else if (call.is_option(i, "incrby") && left >= 3) {
    operation.kind = FieldOperation::Kind::kIncrease;
  } else {
    call.syntax_error();
    return false;
  }
  if (!read_width(call, i + 1, operation.width)) return false;
  if (!read_bit_offset(call, i + 2, operation.width.bits, operation.offset)) return false;
  const bool writes = operation.kind != FieldOperation::Kind::kGet;
  if (writes && !call.integer(i + 3, operation.operand)) return false;
  i += writes ? 4 : 3;
  return true;
}

bool read_operations(Call& call, std::vector<FieldOperation>& operations) {
  Overflow overflow = Overflow::kWrap;
  for (std::size_t i = 2; i < call.size();) {
    if (call.is_option(i, "overflow") && i + 1 < call.size()) {
      if (!read_overflow(call, i + 1, overflow)) return false;
      i += 2;
      continue;
    }
    FieldOperation operation;
    operation.overflow = overflow;
    if (!read_operation(call, i, operation)) return false;
    operations.push_back(operation);
  }
  return true;
}

std::uint64_t low_bits(std::uint32_t bits) {
  return bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
}

// The value of the lowest bits, the highest of them being the sign if there is one.
std::int64_t narrow(std::uint64_t value, Width width) {
  value &= low_bits(width.bits);
  const std::uint64_t sign = std::uint64_t{1} << (width.bits - 1);
  if (width.is_signed && (value & sign) != 0) value |= ~low_bits(width.bits);
  return static_cast<std::int64_t>(value);
}

// Zeros follow the string.
std::int64_t load(std::string_view text, std::uint64_t offset, Width width) {
  std::uint64_t value = 0;
  for (std::uint32_t i = 0; i < width.bits; ++i, ++offset) {
    const auto at = static_cast<std::size_t>(offset >> 3);
    const auto byte = at < text.size() ? static_cast<std::uint8_t>(text[at]) : std::uint8_t{0};
    value = value << 1 | (byte >> (7 - (offset & 7)) & 1U);
  }
  return narrow(value, width);
}

void save(char* bytes, std::uint64_t offset, Width width, std::int64_t value) {
  for (std::uint32_t i = 0; i < width.bits; ++i, ++offset) {
    char& byte = bytes[offset >> 3];
    const auto mask = static_cast<std::uint8_t>(0x80U >> (offset & 7));
    const bool bit = (static_cast<std::uint64_t>(value) >> (width.bits - 1 - i) & 1U) != 0;
    const auto old = static_cast<std::uint8_t>(byte);
    byte = static_cast<char>(bit ? old | mask : old & ~mask);
  }
}

struct Bounds {
  std::int64_t least;
  std::int64_t most;
};

Bounds bounds(Width width) {
  if (!width.is_signed) return {0, static_cast<std::int64_t>(low_bits(width.bits))};
  const auto most = static_cast<std::int64_t>(low_bits(width.bits - 1));
  return {-most - 1, most};
}

enum class Fit : std::uint8_t { kFits, kTooMuch, kTooLittle };

std::int64_t wrapping_difference(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}

// Whether a field can say `base` + `increment`. As in Redis, to the sums that wrap around: what is
// set far below the least value of a narrow field counts as too much, and a negative value of a
// field without a sign too.
Fit fit(std::int64_t base, std::int64_t increment, Width width) {
  const Bounds bound = bounds(width);
  const std::int64_t room = wrapping_difference(bound.most, base);
  const std::int64_t depth = wrapping_difference(bound.least, base);
  if (!width.is_signed) {
    if (base < 0 || base > bound.most || (increment > 0 && increment > room)) return Fit::kTooMuch;
    return increment < 0 && increment < depth ? Fit::kTooLittle : Fit::kFits;
  }
  const bool narrow_field = width.bits < 64;
  const bool up = narrow_field || (base >= 0 && increment > 0);
  const bool down = narrow_field || (base < 0 && increment < 0);
  if (base > bound.most || (up && increment > room)) return Fit::kTooMuch;
  return base < bound.least || (down && increment < depth) ? Fit::kTooLittle : Fit::kFits;
}

// The sum where the field can say it; else as `overflow` has it, nothing for kFail.
std::optional<std::int64_t> add(std::int64_t base, std::int64_t increment, Width width,
                                Overflow overflow) {
  const std::uint64_t sum =
      static_cast<std::uint64_t>(base) + static_cast<std::uint64_t>(increment);
  const Fit fits = fit(base, increment, width);
  if (fits == Fit::kFits || overflow == Overflow::kWrap) return narrow(sum, width);
  if (overflow == Overflow::kFail) return {};
  return fits == Fit::kTooMuch ? bounds(width).most : bounds(width).least;
}

void run_read(Call& call, std::string_view text, const FieldOperation& operation) {
  call.reply.integer(load(text, operation.offset, operation.width));
}

enum class Written : std::uint8_t { kNothing, kTheSame, kAnother };

Written run_write(Call& call, char* bytes, std::size_t size, const FieldOperation& operation) {
  const std::int64_t old = load({bytes, size}, operation.offset, operation.width);
  const bool sets = operation.kind == FieldOperation::Kind::kSet;
  const auto value = add(sets ? operation.operand : old, sets ? 0 : operation.operand,
                         operation.width, operation.overflow);
  if (!value) {
    call.reply.null();
    return Written::kNothing;
  }
  call.reply.integer(sets ? old : *value);
  save(bytes, operation.offset, operation.width, *value);
  return old != *value ? Written::kAnother : Written::kTheSame;
}

void read_fields(Call& call, const std::vector<FieldOperation>& operations) {
  const Entry* entry = call.read_entry(1);
  if (entry != nullptr && entry->type() != Type::kString) return call.wrong_type();
  const std::string_view text = entry == nullptr ? std::string_view() : entry->text();
  call.reply.array(operations.size());
  for (const FieldOperation& operation : operations) run_read(call, text, operation);
}

void write_fields(Call& call, const std::vector<FieldOperation>& operations,
                  std::uint64_t last_bit) {
  bool grown = false;
  char* const bytes = bytes_to_change(call, last_bit, grown);
  if (bytes == nullptr) return;
  const std::size_t size = call.find_entry(1)->text().size();
  call.reply.array(operations.size());
  // Growth alone, where no write fits, is no change: as in Redis.
  bool changed = false;
  for (const FieldOperation& operation : operations) {
    if (operation.kind == FieldOperation::Kind::kGet) {
      run_read(call, {bytes, size}, operation);
      continue;
    }
    const Written written = run_write(call, bytes, size, operation);
    changed |= written == Written::kAnother || (grown && written == Written::kTheSame);
  }
  if (changed) call.changed(1, {kStringEvent, "setbit"});
}

void run(Call& call, bool may_write) {
  std::vector<FieldOperation> operations;
  if (!read_operations(call, operations)) return;
  bool writes = false;
  std::uint64_t last_bit = 0;
  for (const FieldOperation& operation : operations) {
    if (operation.kind == FieldOperation::Kind::kGet) continue;
    writes = true;
    last_bit = std::max(last_bit, operation.offset + operation.width.bits - 1);
  }
  if (!writes) return read_fields(call, operations);
  if (!may_write) return call.error("ERR BITFIELD_RO only supports the GET subcommand");
  write_fields(call, operations, last_bit);
}

void bitfield(Call& call) { run(call, true); }
void bitfield_ro(Call& call) { run(call, false); }

constexpr KeyRange kFirst{1, 1, 1};

constexpr Command kRows[] = {
    {"bitfield", -2, kWrite | kDenyOom, kFirst, bitfield, "3.2.0",
     "Reads, sets and increases integers of any width within a string."},
    {"bitfield_ro", -2, kReadonly | kFast, kFirst, bitfield_ro, "6.0.0",
     "Reads integers of any width within a string."},
};

}  // namespace

const CommandGroup kBitfield{"bitmap", kRows};

}  // namespace weir::redis::commands
