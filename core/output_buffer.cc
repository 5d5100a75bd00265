#include "core/output_buffer.h"

#include <algorithm>
#include <new>

#include "base/check.h"

namespace weir {

void OutputBuffer::append(std::string_view bytes) {
  // Fills the tail before it takes another chunk, so that chunks go out full. Takes all chunks
  // before it fills the first: where there is no memory for them, nothing was appended.
  Chunk* chunk = tail_;
  const std::size_t room = chunk != nullptr ? chunk->room() : 0;
  if (bytes.size() > room) {
    Chunk* const more = take_chain(bytes.size() - room);
    link(more);
    if (chunk == nullptr) chunk = more;
  }
  size_ += bytes.size();
  for (; !bytes.empty(); chunk = chunk->next) {
    const std::size_t part = std::min(bytes.size(), chunk->room());
    std::memcpy(chunk->end, bytes.data(), part);
    chunk->end += part;
    bytes.remove_prefix(part);
    tail_ = chunk;
  }
}

// Chunks of the pool's size with room for n bytes together: the pool keeps no others, and a malloc
// for each large piece costs more than its copy where the heap's top goes up and down with it.
Chunk* OutputBuffer::take_chain(std::size_t n) {
  Chunk* chain = nullptr;
  try {
    for (std::size_t room = 0; room < n; room += chain->room()) {
      Chunk* const chunk = pool_.take(1);
      chunk->next = chain;
      chain = chunk;
    }
  } catch (const std::bad_alloc&) {
    give_back(chain);
    throw;
  }
  return chain;
}

void OutputBuffer::add_chunk(std::size_t n) {
  Chunk* const chunk = pool_.take(n);
  link(chunk);
  tail_ = chunk;
}

void OutputBuffer::link(Chunk* chain) {
  if (tail_ == nullptr) {
    head_ = chain;
  } else {
    tail_->next = chain;
  }
}

void OutputBuffer::give_back(Chunk* chain) {
  while (chain != nullptr) {
    Chunk* const next = chain->next;
    pool_.give_back(chain);
    chain = next;
  }
}

std::size_t OutputBuffer::capacity() const {
  std::size_t total = 0;
  for (const Chunk* chunk = head_; chunk != nullptr; chunk = chunk->next) total += chunk->size();
  return total;
}

std::size_t OutputBuffer::pieces(iovec* pieces, std::size_t capacity) const {
  std::size_t count = 0;
  for (Chunk* chunk = head_; chunk != nullptr && count < capacity; chunk = chunk->next) {
    if (chunk->unsent() == 0) continue;
    pieces[count++] = {chunk->begin, chunk->unsent()};
  }
  return count;
}

void OutputBuffer::consume(std::size_t n) {
  WEIR_CHECK(n <= size_);
  size_ -= n;
  if (size_ == 0) {
    clear();
    return;
  }
  while (n > 0 || head_->unsent() == 0) {
    const std::size_t part = std::min(n, head_->unsent());
    head_->begin += part;
    n -= part;
    if (head_->unsent() > 0) break;
    Chunk* empty = head_;
    head_ = head_->next;
    pool_.give_back(empty);
  }
}

void OutputBuffer::clear() {
  give_back(head_);
  head_ = tail_ = nullptr;
  size_ = 0;
}

}  // namespace weir
