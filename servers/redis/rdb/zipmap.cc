#include "servers/redis/rdb/zipmap.h"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace weir::redis::rdb {
namespace {

constexpr char kEnd = '\xFF';
constexpr std::size_t kCountUnknown = 254;

// Takes items off the front of the bytes between the count and the end mark.
class Cursor {
 public:
  explicit Cursor(std::string_view items) : rest_(items) {}

  bool at_end() const { return rest_.empty(); }

  std::optional<std::string_view> field() {
    const auto size = length();
    return size ? take(*size) : std::nullopt;
  }

  std::optional<std::string_view> value() {
    const auto size = length();
    const auto free = size ? take(1) : std::nullopt;
    if (!free) return std::nullopt;
    const std::size_t unused = static_cast<std::uint8_t>(free->front());
    const auto value = take(*size);
    if (!value || !take(unused)) return std::nullopt;
    return value;
  }

 private:
  std::optional<std::size_t> length() {
    constexpr std::uint8_t kLong = 254;
    const auto first = take(1);
    if (!first) return std::nullopt;
    const auto small = static_cast<std::uint8_t>(first->front());
    if (small < kLong) return small;
    std::uint32_t large = 0;
    const auto bytes = small == kLong ? take(sizeof large) : std::nullopt;
    if (!bytes) return std::nullopt;
    std::memcpy(&large, bytes->data(), sizeof large);
    return large < kLong ? std::nullopt : std::optional<std::size_t>(large);
  }

  std::optional<std::string_view> take(std::size_t size) {
    if (size > rest_.size()) return std::nullopt;
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  std::string_view rest_;
};

}  // namespace

std::optional<Listpack> listpack_of_zipmap(std::string_view zipmap) {
  if (zipmap.size() < 2 || zipmap.back() != kEnd) return std::nullopt;
  Listpack pack;
  std::size_t count = 0;
  for (Cursor cursor(zipmap.substr(1, zipmap.size() - 2)); !cursor.at_end(); ++count) {
    const auto field = cursor.field();
    const auto value = field ? cursor.value() : std::nullopt;
    if (!value || !pack.fits(field->size() + value->size(), 2)) return std::nullopt;
    pack.push_back(*field);
    pack.push_back(*value);
  }
  const std::size_t claimed = static_cast<std::uint8_t>(zipmap.front());
  if (count == 0 || (claimed != kCountUnknown && claimed != count)) return std::nullopt;
  return pack;
}

}  // namespace weir::redis::rdb
