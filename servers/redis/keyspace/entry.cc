#include "servers/redis/keyspace/entry.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <new>

#include "servers/redis/types/hash.h"
#include "servers/redis/types/list.h"
#include "servers/redis/types/set.h"
#include "servers/redis/types/sorted_set.h"
#include "servers/redis/types/stream.h"

namespace weir::redis {
namespace {

LongText* make_long_text(std::string_view text, std::size_t capacity) {
  void* memory = ::operator new(sizeof(LongText) + capacity);
  auto* made = new (memory) LongText{text.size(), capacity};
  std::memcpy(made->bytes(), text.data(), text.size());
  return made;
}

void destroy_object(Type type, void* object) {
  switch (type) {
    case Type::kString:
      return ::operator delete(object);
    case Type::kList:
      delete static_cast<List*>(object);
      return;
    case Type::kHash:
      delete static_cast<Hash*>(object);
      return;
    case Type::kSet:
      delete static_cast<Set*>(object);
      return;
    case Type::kSortedSet:
      delete static_cast<SortedSet*>(object);
      return;
    case Type::kStream:
      delete static_cast<Stream*>(object);
      return;
  }
}

template <class T>
T* clone_object(const Entry& entry) {
  return new T(entry.object<T>()->clone());
}

// REQUIRES: not a string.
void* clone_object(const Entry& entry) {
  switch (entry.type()) {
    case Type::kString:
      break;
    case Type::kList:
      return clone_object<List>(entry);
    case Type::kHash:
      return clone_object<Hash>(entry);
    case Type::kSet:
      return clone_object<Set>(entry);
    case Type::kSortedSet:
      return clone_object<SortedSet>(entry);
    case Type::kStream:
      return clone_object<Stream>(entry);
  }
  return nullptr;
}

constexpr std::size_t kPageBytes = 4096;
// A list's node holds about so many elements.
constexpr std::size_t kNodeElements = 64;

// The pages at its end go back to the system now: when the block is freed there is less to do.
void cut_off(LongText& text, std::size_t pages) {
  const auto first = reinterpret_cast<std::uintptr_t>(text.bytes());
  const std::size_t kept = text.capacity - std::min(text.capacity, pages * kPageBytes);
  const std::uintptr_t begin = (first + kept + kPageBytes - 1) / kPageBytes * kPageBytes;
  const std::uintptr_t end = (first + text.capacity) / kPageBytes * kPageBytes;
  // A failure costs time at the end, and nothing else.
  if (begin < end) ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
  text.capacity = kept;
  text.size = std::min(text.size, kept);
}

}  // namespace

std::size_t Entry::object_free_cost() const {
  switch (type()) {
    case Type::kString:
      return object_text().capacity / kPageBytes;
    case Type::kList:
      return object<List>()->size() / kNodeElements;
    case Type::kHash:
      return object<Hash>()->listpack() != nullptr ? 1 : object<Hash>()->size();
    case Type::kSet:
      return object<Set>()->intset() != nullptr ? 1 : object<Set>()->size();
    case Type::kSortedSet:
      return object<SortedSet>()->listpack() != nullptr ? 1 : object<SortedSet>()->drain_size();
    case Type::kStream:
      return object<Stream>()->drain_size();
  }
  return 0;
}

void Entry::drain(std::size_t cost) {
  switch (type()) {
    case Type::kString:
      return cut_off(object_text(), cost);
    case Type::kList:
      return object<List>()->pop_front(cost * kNodeElements);
    case Type::kHash:
      return object<Hash>()->drain(cost);
    case Type::kSet:
      return object<Set>()->drain(cost);
    case Type::kSortedSet:
      return object<SortedSet>()->drain(cost);
    case Type::kStream:
      return object<Stream>()->drain(cost);
  }
}

std::size_t Entry::Shape::bytes() const {
  const std::size_t used = kHeaderBytes + (has_expiry ? kExpiryBytes : 0) +
                           (key_size >= kLongKey ? sizeof(std::uint32_t) : 0) + key_size +
                           value_size;
  return (used + kBlockStep - 1) / kBlockStep * kBlockStep;
}

[[gnu::always_inline]] inline Entry::Made Entry::allocate(const Shape& shape, std::uint8_t kind,
                                                          std::string_view key,
                                                          std::int64_t expiry) {
  auto* entry = new (::operator new(shape.bytes())) Entry;
  entry->kind_ = static_cast<std::uint8_t>(kind | (shape.has_expiry ? kHasExpiry : 0));
  entry->key_size_ = static_cast<std::uint8_t>(std::min<std::size_t>(key.size(), kLongKey));
  if (shape.has_expiry) entry->store_expiry(expiry);
  char* at = entry->body() + (shape.has_expiry ? kExpiryBytes : 0);
  if (key.size() >= kLongKey) {
    const auto size = static_cast<std::uint32_t>(key.size());
    std::memcpy(at, &size, sizeof size);
    at += sizeof size;
  }
  key.copy(at, key.size());
  return {entry, at + key.size()};
}

Entry* Entry::make_text(std::string_view key, std::string_view text, std::int64_t expiry) {
  if (text.size() > kMaxInlineText) {
    return make_object(key, Type::kString, make_long_text(text, text.size()), expiry);
  }
  const Shape shape{key.size(), text.size(), expiry != kNever};
  const auto [entry, value] = allocate(shape, 0, key, expiry);
  entry->value_size_ = static_cast<std::uint8_t>(text.size());
  text.copy(value, text.size());
  return entry;
}

Entry* Entry::make_object(std::string_view key, Type type, void* object, std::int64_t expiry) {
  const Shape shape{key.size(), sizeof object, expiry != kNever};
  const auto kind = static_cast<std::uint8_t>(static_cast<std::uint8_t>(type) | kExternal);
  const auto [entry, value] = allocate(shape, kind, key, expiry);
  std::memcpy(value, &object, sizeof object);
  return entry;
}

Entry* Entry::clone(const Entry& entry, std::string_view key) {
  if (entry.type() != Type::kString) {
    return make_object(key, entry.type(), clone_object(entry), entry.expiry());
  }
  if (!entry.is_raw()) return make_text(key, entry.text(), entry.expiry());
  LongText* const text = make_long_text(entry.text(), entry.text().size());
  Entry* const made = make_object(key, Type::kString, text, entry.expiry());
  made->kind_ |= kRaw;
  return made;
}

void Entry::destroy(Entry* entry) {
  if (entry->is_external()) destroy_object(entry->type(), entry->load_pointer());
  release(entry);
}

void Entry::release(Entry* entry) { ::operator delete(entry); }

Entry::Shape Entry::shape() const {
  return {key().size(), is_external() ? sizeof(void*) : value_size_, has_expiry()};
}

void Entry::store_expiry(std::int64_t expiry) {
  WEIR_DCHECK(expiry >= 0 && expiry <= kMaxExpiry);
  std::memcpy(body(), &expiry, kExpiryBytes);
}

void Entry::store_pointer(void* pointer) { std::memcpy(value(), &pointer, sizeof pointer); }

Entry* Entry::with_text(Entry* entry, std::string_view text, std::int64_t expiry) {
  const Shape wanted{entry->key().size(), text.size(), expiry != kNever};
  const bool in_place =
      !entry->is_external() && text.size() <= kMaxInlineText &&
      entry->has_expiry() == wanted.has_expiry &&
      (text.size() == entry->value_size_ || entry->shape().bytes() == wanted.bytes());
  if (!in_place) {
    Entry* made = make_text(entry->key(), text, expiry);
    made->set_stamp(entry->stamp());
    destroy(entry);
    return made;
  }
  entry->kind_ &= static_cast<std::uint8_t>(~kRaw);
  entry->value_size_ = static_cast<std::uint8_t>(text.size());
  if (wanted.has_expiry) entry->store_expiry(expiry);
  // The new text may be a part of the old one.
  if (!text.empty()) std::memmove(entry->value(), text.data(), text.size());
  return entry;
}

Entry* Entry::remake(Entry* entry, std::string_view key, std::int64_t expiry) {
  const std::size_t value_size = entry->shape().value_size;
  const Shape wanted{key.size(), value_size, expiry != kNever};
  const auto kind = static_cast<std::uint8_t>(entry->kind_ & ~kHasExpiry);
  const auto [made, value] = allocate(wanted, kind, key, expiry);
  made->value_size_ = entry->value_size_;
  made->set_stamp(entry->stamp());
  std::memcpy(value, entry->value(), value_size);
  release(entry);
  return made;
}

Entry* Entry::with_expiry(Entry* entry, std::int64_t expiry) {
  if (entry->has_expiry() != (expiry != kNever)) return remake(entry, entry->key(), expiry);
  if (expiry != kNever) entry->store_expiry(expiry);
  return entry;
}

Entry* Entry::with_key(Entry* entry, std::string_view key) {
  return remake(entry, key, entry->expiry());
}

Entry* Entry::with_size(Entry* entry, std::size_t size, char*& bytes) {
  const std::string_view old = entry->text();
  LongText* text = entry->is_external() ? static_cast<LongText*>(entry->load_pointer()) : nullptr;
  if (text == nullptr || text->capacity < size) {
    // Twice the size up to 1 MiB and 1 MiB more beyond, as much slack as Redis' strings have.
    const std::size_t slack = std::min<std::size_t>(std::max(size, old.size()), 1024 * 1024);
    LongText* grown = make_long_text(old, std::max(size, old.size()) + slack);
    if (text != nullptr) {
      ::operator delete(text);
      entry->store_pointer(grown);
    } else {
      Entry* made = make_object(entry->key(), Type::kString, grown, entry->expiry());
      made->set_stamp(entry->stamp());
      release(entry);
      entry = made;
    }
    text = grown;
  }
  if (size > text->size) std::memset(text->bytes() + text->size, 0, size - text->size);
  text->size = size;
  entry->kind_ |= kRaw;
  bytes = text->bytes();
  return entry;
}

std::size_t Entry::allocated_bytes() const {
  std::size_t bytes = shape().bytes();
  if (type() == Type::kString && is_external()) {
    bytes += sizeof(LongText) + static_cast<LongText*>(load_pointer())->capacity;
  }
  return bytes;
}

}  // namespace weir::redis
