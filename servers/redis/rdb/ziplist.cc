#include "servers/redis/rdb/ziplist.h"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace weir::redis::rdb {
namespace {

constexpr std::size_t kHeaderBytes = 10;
constexpr char kEnd = '\xFF';
constexpr std::uint8_t kLongSize = 0xFE;
constexpr std::uint16_t kCountUnknown = 65535;

template <class T>
T load(std::string_view bytes, std::size_t at = 0) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

// Reads one entry from the front of `bytes`, which the end mark does not belong to.
class Entry {
 public:
  // False unless it is whole and says `previous_size` of the one before it.
  bool parse(std::string_view bytes, std::size_t previous_size) {
    bytes_ = bytes;
    return parse_previous_size(previous_size) && parse_encoding();
  }

  std::size_t size() const { return at_ + payload_; }
  // False when the listpack is full.
  bool append_to(Listpack& pack) const {
    const std::size_t text_bytes = is_integer_ ? kMaxIntegerText : payload_;
    if (!pack.fits(text_bytes)) return false;
    if (is_integer_) {
      pack.push_back_integer(integer_);
    } else {
      pack.push_back(bytes_.substr(at_, payload_));
    }
    return true;
  }

 private:
  bool parse_previous_size(std::size_t expected) {
    if (bytes_.empty()) return false;
    const auto first = load<std::uint8_t>(bytes_);
    const bool is_long = first >= kLongSize;
    at_ = is_long ? 1 + sizeof(std::uint32_t) : 1;
    if (at_ >= bytes_.size()) return false;
    return (is_long ? load<std::uint32_t>(bytes_, 1) : first) == expected;
  }

  // The encoding's first byte: 00 or 01 or 10 above, then a text's length; else an integer's width.
  bool parse_encoding() {
    const auto first = load<std::uint8_t>(bytes_, at_);
    if (first >= 0xC0) return parse_integer_of(first);
    std::size_t head = 1;
    if (first >= 0x40) head = first < 0x80 ? 2 : 5;
    if (head > bytes_.size() - at_) return false;
    if (first < 0x40) {
      payload_ = first;
    } else if (first < 0x80) {
      payload_ = std::size_t{first & 0x3Fu} << 8 | load<std::uint8_t>(bytes_, at_ + 1);
    } else if (first == 0x80) {
      payload_ = __builtin_bswap32(load<std::uint32_t>(bytes_, at_ + 1));
    } else {
      return false;
    }
    at_ += head;
    return payload_ <= bytes_.size() - at_;
  }

  bool parse_integer_of(std::uint8_t encoding) {
    is_integer_ = true;
    ++at_;
    switch (encoding) {
      case 0xC0:
        return load_integer<std::int16_t>();
      case 0xD0:
        return load_integer<std::int32_t>();
      case 0xE0:
        return load_integer<std::int64_t>();
      case 0xF0:
        return load_integer24();
      case 0xFE:
        return load_integer<std::int8_t>();
      default:  // the values 0 to 12 in the byte itself
        integer_ = encoding - 0xF1;
        return encoding >= 0xF1 && encoding <= 0xFD;
    }
  }

  template <class Integer>
  bool load_integer() {
    payload_ = sizeof(Integer);
    if (payload_ > bytes_.size() - at_) return false;
    integer_ = load<Integer>(bytes_, at_);
    return true;
  }

  bool load_integer24() {
    payload_ = 3;
    if (payload_ > bytes_.size() - at_) return false;
    integer_ = load<std::uint16_t>(bytes_, at_) | std::int64_t{load<std::int8_t>(bytes_, at_ + 2)}
                                                      << 16;
    return true;
  }

  std::string_view bytes_;
  std::size_t at_ = 0;       // the payload's offset
  std::size_t payload_ = 0;  // its size
  bool is_integer_ = false;
  std::int64_t integer_ = 0;
};

}  // namespace

std::optional<Listpack> listpack_of_ziplist(std::string_view ziplist) {
  if (ziplist.size() <= kHeaderBytes || ziplist.back() != kEnd) return std::nullopt;
  if (load<std::uint32_t>(ziplist) != ziplist.size()) return std::nullopt;
  const std::size_t end = ziplist.size() - 1;
  const std::size_t last = load<std::uint32_t>(ziplist, 4);
  if (last > end) return std::nullopt;

  Listpack pack;
  std::size_t count = 0;
  std::size_t at = kHeaderBytes;
  std::size_t previous_size = 0;
  for (; at < end; ++count) {
    Entry entry;
    if (!entry.parse(ziplist.substr(at, end - at), previous_size)) return std::nullopt;
    if (!entry.append_to(pack)) return std::nullopt;
    previous_size = entry.size();
    at += previous_size;
  }
  if (count > 0 && last != end - previous_size) return std::nullopt;
  const auto claimed = load<std::uint16_t>(ziplist, 8);
  if (claimed != kCountUnknown && claimed != count) return std::nullopt;
  return pack;
}

}  // namespace weir::redis::rdb
