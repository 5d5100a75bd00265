// Intset: a sorted set of integers, all stored in the width (16, 32 or 64 bits) that the widest one
// ever needed: two bytes an element for small integers. Insertion moves what follows, so it is for
// small sets; the owner converts large ones. The one heap block has the byte format that Redis
// keeps and dumps:
//
//   | width in bytes u32 | count u32 | count integers, ascending |      all little-endian
//
// An empty Intset owns no block. Not thread-safe. The width never shrinks, as in Redis.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace weir::redis {

class Intset {
 public:
  Intset() = default;
  Intset(Intset&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  Intset& operator=(Intset&& other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~Intset();

  // A validated copy of dumped bytes; nothing unless width, count and strict order are right and
  // it is not empty.
  static std::optional<Intset> parse(std::string_view serialized);

  Intset clone() const;

  size_t size() const;
  bool contains(int64_t value) const;
  // Whether `value` was absent. REQUIRES: size() < 2^30.
  bool add(int64_t value);
  // Whether `value` was there.
  bool remove(int64_t value);
  // The index-th smallest. REQUIRES: index < size().
  int64_t at(size_t index) const;

  // The bytes of the block; valid until the next change.
  std::string_view serialized() const;
  size_t allocated_bytes() const;

 private:
  static constexpr size_t kHeaderBytes = 8;

  size_t width() const;
  size_t lower_bound(int64_t value) const;
  void store(size_t index, int64_t value);
  void set_header(size_t width, size_t count);
  void resize(size_t width, size_t count);
  void widen_and_add(size_t width, int64_t value);

  char* block_ = nullptr;  // from malloc
};

}  // namespace weir::redis
