// One key with its value, in one allocation:
//
//   | kind u8 | key length u8 | value length u8 | stamp u24 | expiry u48, if any | key ... | value
//   |
//
// A key of 255 bytes or more has its length in four bytes in front of it. A string of up to
// kMaxInlineText bytes stands inside; a longer one, and every collection, is an object of its own
// whose pointer stands in the value's place. A 16-byte key with a 3-byte value takes 25 bytes, 31
// with an expiry: one 32-byte block of the allocator either way. The stamp says when the key was
// used last, or how often: see AccessClock.
//
// Not movable: lives behind the pointer that the shard's table holds, made and destroyed by the
// static functions here. Thread rule: the lock of the key's shard.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/check.h"

namespace weir::redis {

enum class Type : std::uint8_t { kString, kList, kHash, kSet, kSortedSet, kStream };

// A string too long to stand inside its entry; the bytes follow it.
struct LongText {
  std::size_t size;
  std::size_t capacity;  // room for growth by APPEND and SETRANGE

  char* bytes() { return reinterpret_cast<char*>(this + 1); }
  std::string_view view() { return {bytes(), size}; }
};

class Entry {
 public:
  // As much as an eight-bit length can say.
  static constexpr std::size_t kMaxInlineText = 255;
  // No expiry. Times are milliseconds since the epoch, below 2^47 (the year 6429).
  static constexpr std::int64_t kNever = -1;
  static constexpr std::int64_t kMaxExpiry = (std::int64_t{1} << 47) - 1;

  static Entry* make_text(std::string_view key, std::string_view text, std::int64_t expiry);
  // Takes over `object`, a heap object of the class that `type` stands for.
  static Entry* make_object(std::string_view key, Type type, void* object, std::int64_t expiry);
  // A copy of the value and expiry of `entry` under another key, in the same encoding, without its
  // stamp.
  static Entry* clone(const Entry& entry, std::string_view key);
  // Frees the entry and its value.
  static void destroy(Entry* entry);
  // What it takes to free the value: its blocks of memory, roughly; of a long string, the pages
  // that go back to the system. 0 for a value inside the entry.
  std::size_t free_cost() const { return is_external() ? object_free_cost() : 0; }
  // Frees as much of the value as costs some `cost`. From then on the entry is good for that,
  // free_cost() and destroy() alone.
  void drain(std::size_t cost);

  Type type() const { return static_cast<Type>(kind_ & kTypeMask); }
  std::string_view key() const {
    const char* const at = body() + key_offset();
    if (key_size_ != kLongKey) return {at, key_size_};
    std::uint32_t size = 0;
    std::memcpy(&size, at - sizeof size, sizeof size);
    return {at, size};
  }
  bool has_expiry() const { return (kind_ & kHasExpiry) != 0; }
  std::int64_t expiry() const { return has_expiry() ? load_expiry() : kNever; }
  // 24 bits; 0 until a shard or RESTORE has given it one.
  std::uint32_t stamp() const {
    return stamp_[0] | std::uint32_t{stamp_[1]} << 8 | std::uint32_t{stamp_[2]} << 16;
  }
  void set_stamp(std::uint32_t stamp) {
    stamp_[0] = static_cast<std::uint8_t>(stamp);
    stamp_[1] = static_cast<std::uint8_t>(stamp >> 8);
    stamp_[2] = static_cast<std::uint8_t>(stamp >> 16);
  }
  bool expired(std::int64_t now_ms) const { return has_expiry() && load_expiry() <= now_ms; }

  // REQUIRES: type() == kString.
  std::string_view text() const {
    WEIR_DCHECK(type() == Type::kString);
    if (is_external()) return object_text().view();
    return {value(), value_size_};
  }
  // True once APPEND or SETRANGE changed the string: its encoding is "raw" then, whatever its size.
  bool is_raw() const { return (kind_ & kRaw) != 0; }

  // REQUIRES: not a string, and T is the class of type().
  template <class T>
  T* object() const {
    WEIR_DCHECK(type() != Type::kString);
    return static_cast<T*>(load_pointer());
  }

  // Changes in place when the result needs a block of the same size, else makes a new entry with
  // the same stamp and destroys `entry`: the caller stores the returned pointer where the old one
  // was.
  static Entry* with_text(Entry* entry, std::string_view text, std::int64_t expiry);
  static Entry* with_expiry(Entry* entry, std::int64_t expiry);
  // The value and expiry of `entry` under another key.
  static Entry* with_key(Entry* entry, std::string_view key);
  // Lengthens the string to `size` bytes with zeros, or cuts it off there (no memory is given
  // back), marks it raw, and gives its bytes for writing through `bytes`.
  static Entry* with_size(Entry* entry, std::size_t size, char*& bytes);

  // Heap bytes of the entry and of a long string. Collections count their own.
  std::size_t allocated_bytes() const;

 private:
  static constexpr std::uint8_t kTypeMask = 0x0f;
  static constexpr std::uint8_t kHasExpiry = 0x10;
  static constexpr std::uint8_t kExternal = 0x20;  // the value's place holds a pointer
  static constexpr std::uint8_t kRaw = 0x40;
  static constexpr std::size_t kHeaderBytes = 6;
  static constexpr std::size_t kExpiryBytes = 6;
  static constexpr std::uint8_t kLongKey = 255;
  // The allocator's step between small block sizes: what one block holds anyway is used in place.
  static constexpr std::size_t kBlockStep = 16;

  // What decides the layout and so the size.
  struct Shape {
    std::size_t key_size;
    std::size_t value_size;
    bool has_expiry;

    std::size_t bytes() const;
  };

  Entry() = default;
  // All but the value, whose place it gives too.
  struct Made {
    Entry* entry;
    char* value;
  };
  static Made allocate(const Shape& shape, std::uint8_t kind, std::string_view key,
                       std::int64_t expiry);
  static void release(Entry* entry);
  // A copy of everything but the value's destruction: for a new key or expiry.
  static Entry* remake(Entry* entry, std::string_view key, std::int64_t expiry);

  std::size_t object_free_cost() const;
  Shape shape() const;
  const char* body() const { return reinterpret_cast<const char*>(this) + kHeaderBytes; }
  char* body() { return reinterpret_cast<char*>(this) + kHeaderBytes; }
  std::size_t key_offset() const {
    return (has_expiry() ? kExpiryBytes : 0) + (key_size_ == kLongKey ? sizeof(std::uint32_t) : 0);
  }
  char* value() { return body() + key_offset() + key().size(); }
  const char* value() const { return body() + key_offset() + key().size(); }
  std::int64_t load_expiry() const {
    std::uint64_t expiry = 0;
    std::memcpy(&expiry, body(), kExpiryBytes);
    return static_cast<std::int64_t>(expiry);
  }
  void store_expiry(std::int64_t expiry);
  void* load_pointer() const {
    void* pointer = nullptr;
    std::memcpy(&pointer, value(), sizeof pointer);
    return pointer;
  }
  void store_pointer(void* pointer);
  LongText& object_text() const { return *static_cast<LongText*>(load_pointer()); }
  bool is_external() const { return (kind_ & kExternal) != 0; }

  std::uint8_t kind_ = 0;
  std::uint8_t key_size_ = 0;
  std::uint8_t value_size_ = 0;
  std::uint8_t stamp_[3] = {};
};

// For the shard's HashTable.
struct EntryTraits {
  using Item = Entry;
  static std::string_view key(const Entry& entry) { return entry.key(); }
};

}  // namespace weir::redis
