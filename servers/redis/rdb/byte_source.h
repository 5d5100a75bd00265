// Where the bytes of stored values come from: a payload in memory.
//
// Thread rule: one thread at a time.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace weir::redis::rdb {

class ByteSource {
 public:
  virtual ~ByteSource() = default;

  // The next `size` bytes, valid until the next call; nothing when fewer are left. No size is
  // believed: memory is never made for bytes that are not there.
  virtual std::optional<std::string_view> take(std::size_t size) = 0;
};

// The bytes outlive the source.
class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(std::string_view bytes) : rest_(bytes) {}

  std::optional<std::string_view> take(std::size_t size) override {
    if (size > rest_.size()) return std::nullopt;
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

 private:
  std::string_view rest_;
};

}  // namespace weir::redis::rdb
