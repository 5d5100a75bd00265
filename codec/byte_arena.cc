#include "codec/byte_arena.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace weir::codec {

ByteArena::Block* ByteArena::make_block(std::size_t size, Block* next) {
  return new (::operator new(sizeof(Block) + size)) Block{next, size};
}

char* ByteArena::allocate(std::size_t n) {
  if (head_ != nullptr && head_->size - used_ >= n) {
    char* const bytes = head_->bytes() + used_;
    used_ += n;
    return bytes;
  }
  if (head_ != nullptr && n > kMaxBlockBytes / 4) {  // behind the head, whose room stays in use
    head_->next = make_block(n, head_->next);
    return head_->next->bytes();
  }
  const std::size_t size = head_ == nullptr
                               ? kFirstBlockBytes
                               : std::clamp(2 * head_->size, kFirstBlockBytes, kMaxBlockBytes);
  head_ = make_block(std::max(n, size), head_);
  used_ = n;
  return head_->bytes();
}

std::string_view ByteArena::copy(std::string_view bytes) {
  if (bytes.empty()) return {};
  char* const place = allocate(bytes.size());
  std::memcpy(place, bytes.data(), bytes.size());
  return {place, bytes.size()};
}

void ByteArena::adopt(ByteArena&& other) {
  if (other.empty()) return;
  if (empty()) return swap(other);
  Block** tail = &other.head_;
  while (*tail != nullptr) tail = &(*tail)->next;
  *tail = std::exchange(head_->next, std::exchange(other.head_, nullptr));
  other.used_ = 0;
}

void ByteArena::clear() {
  while (head_ != nullptr) ::operator delete(std::exchange(head_, head_->next));
  used_ = 0;
}

std::size_t ByteArena::memory_usage() const {
  std::size_t bytes = 0;
  for (const Block* block = head_; block != nullptr; block = block->next) {
    bytes += sizeof(Block) + block->size;
  }
  return bytes;
}

}  // namespace weir::codec
