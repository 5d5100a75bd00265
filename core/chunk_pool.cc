#include "core/chunk_pool.h"

#include <algorithm>
#include <new>

namespace weir {

ChunkPool::~ChunkPool() {
  while (idle_ != nullptr) {
    Chunk* next = idle_->next;
    ::operator delete(idle_);
    idle_ = next;
  }
}

Chunk* ChunkPool::take(std::size_t n) {
  Chunk* chunk = idle_;
  if (n <= kChunkBytes && chunk != nullptr) {
    idle_ = chunk->next;
    --idle_count_;
  } else {
    const std::size_t room = std::max(n, kChunkBytes);
    chunk = new (::operator new(sizeof(Chunk) + room)) Chunk{};
    chunk->limit = chunk->bytes() + room;
  }
  in_use_ += chunk->size();
  chunk->next = nullptr;
  chunk->is_file = false;
  chunk->begin = chunk->end = chunk->bytes();
  return chunk;
}

void ChunkPool::give_back(Chunk* chunk) {
  const std::size_t size = chunk->size();
  in_use_ -= size;
  const bool standard = size == sizeof(Chunk) + kChunkBytes;
  if (!standard || idle_count_ == kMaxIdle) {
    ::operator delete(chunk);
    return;
  }
  chunk->next = idle_;
  idle_ = chunk;
  ++idle_count_;
}

}  // namespace weir
