#include "core/output_buffer.h"

#include <algorithm>

#include "core/check.h"

namespace weir {

void OutputBuffer::append(std::string_view bytes) {
  if (bytes.empty()) return;
  // Fills the tail before it takes another chunk, so that chunks go out full. Takes that chunk
  // before it fills the tail: where there is no memory for it, nothing was appended.
  Chunk* const tail = tail_;
  const std::size_t part = tail != nullptr ? std::min(bytes.size(), tail->room()) : 0;
  if (part < bytes.size()) {
    add_chunk(bytes.size() - part);
    std::memcpy(tail_->end, bytes.data() + part, bytes.size() - part);
    commit(bytes.size() - part);
  }
  if (part == 0) return;
  std::memcpy(tail->end, bytes.data(), part);
  tail->end += part;
  size_ += part;
}

void OutputBuffer::add_chunk(std::size_t n) {
  Chunk* chunk = pool_.take(n);
  if (tail_ == nullptr) {
    head_ = chunk;
  } else {
    tail_->next = chunk;
  }
  tail_ = chunk;
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
  while (head_ != nullptr) {
    Chunk* next = head_->next;
    pool_.give_back(head_);
    head_ = next;
  }
  tail_ = nullptr;
  size_ = 0;
}

}  // namespace weir
