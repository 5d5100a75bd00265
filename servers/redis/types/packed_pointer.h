// PackedPointer: a pointer in six bytes, for arrays in which eight would be felt. It holds every
// pointer of a 64-bit process: user space ends at 2^47 on x86-64, and at 2^48 on AArch64 (Linux
// gives out more only to who asks for it).
//
// A plain value; as little an owner as a pointer is.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/check.h"

namespace weir::redis {

template <class T>
class PackedPointer {
 public:
  static constexpr size_t kBytes = 6;

  PackedPointer() = default;
  PackedPointer(T* pointer) {  // NOLINT(google-explicit-constructor): is used as a pointer
    const auto bits = std::uint64_t{reinterpret_cast<uintptr_t>(pointer)};
    WEIR_DCHECK(bits >> (8 * kBytes) == 0);
    for (size_t i = 0; i < kParts; i++) parts_[i] = static_cast<uint16_t>(bits >> (kPartBits * i));
  }

  T* get() const {
    // The low two parts are one load: the compiler would make three of a loop.
    uint32_t low;
    std::memcpy(&low, parts_, sizeof low);
    return reinterpret_cast<T*>(uintptr_t{low} | uintptr_t{parts_[2]} << 32);
  }
  T* operator->() const { return get(); }
  T& operator*() const { return *get(); }
  operator T*() const { return get(); }  // NOLINT(google-explicit-constructor)

 private:
  static constexpr int kPartBits = 16;
  static constexpr size_t kParts = kBytes / sizeof(uint16_t);
  static_assert(std::endian::native == std::endian::little, "get() reads the low parts as one");

  uint16_t parts_[kParts];  // uninitialized, as a pointer is
};

}  // namespace weir::redis
