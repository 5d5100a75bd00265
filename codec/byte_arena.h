// Bytes that never move: copies go into blocks which stay where they are until clear(), so views of
// them are stable. An empty arena is one pointer and two counters, and holds no memory.
//
//   head -> [ used | room ] -> [ full ] -> [ one large copy ] -> ...
//
// Blocks double from kFirstBlockBytes to kMaxBlockBytes; a copy too large for that gets a block of
// exactly its size. Not thread-safe.
#pragma once

#include <cstddef>
#include <string_view>
#include <utility>

namespace weir::codec {

class ByteArena {
 public:
  static constexpr std::size_t kFirstBlockBytes = 240;
  static constexpr std::size_t kMaxBlockBytes = 16 * 1024;

  ByteArena() = default;
  ~ByteArena() { clear(); }
  ByteArena(ByteArena&& other) noexcept { swap(other); }
  ByteArena& operator=(ByteArena&& other) noexcept {
    swap(other);
    return *this;
  }

  // n bytes that stay in place until clear(). Throws std::bad_alloc.
  char* allocate(std::size_t n);
  std::string_view copy(std::string_view bytes);

  // Takes over the blocks of `other`; views of them stay valid.
  void adopt(ByteArena&& other);

  bool empty() const { return head_ == nullptr; }
  void clear();
  std::size_t memory_usage() const;

 private:
  struct Block {
    Block* next;
    std::size_t size;

    char* bytes() { return reinterpret_cast<char*>(this + 1); }
  };

  static Block* make_block(std::size_t size, Block* next);
  void swap(ByteArena& other) noexcept {
    std::swap(head_, other.head_);
    std::swap(used_, other.used_);
  }

  Block* head_ = nullptr;  // the only block with room; owned, as are those behind it
  std::size_t used_ = 0;   // bytes of *head_ in use
};

}  // namespace weir::codec
