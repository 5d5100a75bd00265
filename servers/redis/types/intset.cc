#include "servers/redis/types/intset.h"

#include <bit>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>

#include "base/check.h"
#include "servers/redis/memory/heap_block.h"
#include "servers/redis/types/packed_text.h"

namespace weir::redis {
namespace {

static_assert(std::endian::native == std::endian::little, "the block is the dumped format");

constexpr uint32_t kEmptyBlock[2] = {sizeof(int16_t), 0};

template <class T>
T load(const char* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

template <class T>
bool holds(int64_t value) {
  return value >= std::numeric_limits<T>::min() && value <= std::numeric_limits<T>::max();
}

size_t width_for(int64_t value) {
  if (holds<int16_t>(value)) return sizeof(int16_t);
  if (holds<int32_t>(value)) return sizeof(int32_t);
  return sizeof(int64_t);
}

int64_t load_integer(const char* values, size_t width, size_t index) {
  const char* from = values + index * width;
  if (width == sizeof(int16_t)) return load<int16_t>(from);
  if (width == sizeof(int32_t)) return load<int32_t>(from);
  return load<int64_t>(from);
}

}  // namespace

Intset::~Intset() { free_block(block_); }

std::optional<Intset> Intset::parse(std::string_view serialized) {
  if (serialized.size() <= kHeaderBytes) return std::nullopt;
  const size_t width = load<uint32_t>(serialized.data());
  const size_t count = load<uint32_t>(serialized.data() + sizeof(uint32_t));
  if (width != sizeof(int16_t) && width != sizeof(int32_t) && width != sizeof(int64_t)) {
    return std::nullopt;
  }
  if (count == 0 || serialized.size() != kHeaderBytes + width * count) return std::nullopt;
  const char* values = serialized.data() + kHeaderBytes;
  for (size_t i = 1; i < count; i++) {
    if (load_integer(values, width, i - 1) >= load_integer(values, width, i)) return std::nullopt;
  }
  Intset parsed;
  parsed.resize(width, count);
  std::memcpy(parsed.block_, serialized.data(), serialized.size());
  return parsed;
}

Intset Intset::clone() const {
  Intset copy;
  if (block_ == nullptr) return copy;
  copy.resize(width(), size());
  std::memcpy(copy.block_, block_, kHeaderBytes + width() * size());
  return copy;
}

size_t Intset::size() const {
  return block_ == nullptr ? 0 : load<uint32_t>(block_ + sizeof(uint32_t));
}

size_t Intset::width() const {
  return block_ == nullptr ? sizeof(int16_t) : load<uint32_t>(block_);
}

int64_t Intset::at(size_t index) const {
  WEIR_DCHECK(index < size());
  return load_integer(block_ + kHeaderBytes, width(), index);
}

bool Intset::contains(int64_t value) const {
  const size_t index = lower_bound(value);
  return index < size() && at(index) == value;
}

bool Intset::add(int64_t value) {
  const size_t count = size();
  const size_t needed_width = width_for(value);
  if (needed_width > width()) {
    widen_and_add(needed_width, value);
    return true;
  }
  const size_t index = lower_bound(value);
  if (index < count && at(index) == value) return false;
  resize(width(), count + 1);
  char* place = block_ + kHeaderBytes + index * width();
  std::memmove(place + width(), place, (count - index) * width());
  store(index, value);
  return true;
}

bool Intset::remove(int64_t value) {
  const size_t count = size();
  const size_t index = lower_bound(value);
  if (index == count || at(index) != value) return false;
  char* place = block_ + kHeaderBytes + index * width();
  std::memmove(place, place + width(), (count - index - 1) * width());
  resize(width(), count - 1);
  return true;
}

std::string_view Intset::serialized() const {
  if (block_ == nullptr) return {reinterpret_cast<const char*>(kEmptyBlock), kHeaderBytes};
  return {block_, kHeaderBytes + size() * width()};
}

size_t Intset::allocated_bytes() const {
  return block_ == nullptr ? 0 : heap_block_bytes(serialized().size());
}

// The index of the first integer not below `value`. Appending in order is the common case and is
// answered without a search.
size_t Intset::lower_bound(int64_t value) const {
  size_t first = 0;
  size_t last = size();
  if (last > 0 && at(last - 1) < value) return last;
  while (first < last) {
    const size_t middle = first + (last - first) / 2;
    if (at(middle) < value) {
      first = middle + 1;
    } else {
      last = middle;
    }
  }
  return first;
}

void Intset::store(size_t index, int64_t value) {
  // Little-endian: the low bytes of the value are its narrower form.
  std::memcpy(block_ + kHeaderBytes + index * width(), &value, width());
}

// Makes the block hold `count` integers of `width` bytes; those that fit keep their bytes. The
// allocator's size classes make most calls free of copying.
void Intset::resize(size_t width, size_t count) {
  void* resized = resize_block(block_, kHeaderBytes + width * count);
  if (resized == nullptr) throw std::bad_alloc();
  block_ = static_cast<char*>(resized);
  set_header(width, count);
}

void Intset::set_header(size_t width, size_t count) {
  const uint32_t header[2] = {static_cast<uint32_t>(width), static_cast<uint32_t>(count)};
  std::memcpy(block_, header, sizeof header);
}

// A value too wide for the present integers is below or above all of them.
void Intset::widen_and_add(size_t new_width, int64_t value) {
  const size_t count = size();
  const size_t old_width = width();
  resize(new_width, count + 1);
  const size_t shift = value < 0 ? 1 : 0;
  for (size_t i = count; i-- > 0;) {
    store(i + shift, load_integer(block_ + kHeaderBytes, old_width, i));
  }
  store(value < 0 ? 0 : count, value);
}

}  // namespace weir::redis
