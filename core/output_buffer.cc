#include "core/output_buffer.h"

#include <algorithm>
#include <new>
#include <utility>

#include "base/check.h"

namespace weir {

namespace {

FilePiece& file_of(Chunk* chunk) {
  return *std::launder(reinterpret_cast<FilePiece*>(chunk->bytes()));
}

std::size_t left_of(Chunk* chunk) { return chunk->is_file ? file_of(chunk).size : chunk->unsent(); }

}  // namespace

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

void OutputBuffer::append_file(FilePiece piece) {
  if (piece.size == 0) return;
  add_chunk(sizeof(FilePiece));
  size_ += piece.size;
  tail_->is_file = true;
  new (tail_->bytes()) FilePiece(std::move(piece));
  tail_->begin = tail_->end = tail_->limit;
}

const FilePiece* OutputBuffer::front_file() const {
  Chunk* chunk = head_;
  while (chunk != nullptr && !chunk->is_file && chunk->unsent() == 0) chunk = chunk->next;
  return chunk != nullptr && chunk->is_file ? &file_of(chunk) : nullptr;
}

bool OutputBuffer::has_files() const {
  for (const Chunk* chunk = head_; chunk != nullptr; chunk = chunk->next) {
    if (chunk->is_file) return true;
  }
  return false;
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
    release(chain);
    chain = next;
  }
}

void OutputBuffer::release(Chunk* chunk) {
  if (chunk->is_file) file_of(chunk).~FilePiece();
  pool_.give_back(chunk);
}

std::size_t OutputBuffer::capacity() const {
  std::size_t total = 0;
  for (const Chunk* chunk = head_; chunk != nullptr; chunk = chunk->next) total += chunk->size();
  return total;
}

std::size_t OutputBuffer::pieces(iovec* pieces, std::size_t capacity) const {
  std::size_t count = 0;
  for (Chunk* chunk = head_; chunk != nullptr && count < capacity; chunk = chunk->next) {
    if (chunk->is_file) break;
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
  while (n > 0 || left_of(head_) == 0) {
    const std::size_t part = std::min(n, left_of(head_));
    if (head_->is_file) {
      file_of(head_).offset += static_cast<off_t>(part);
      file_of(head_).size -= part;
    } else {
      head_->begin += part;
    }
    n -= part;
    if (left_of(head_) > 0) break;
    Chunk* empty = head_;
    head_ = head_->next;
    release(empty);
  }
}

void OutputBuffer::clear() {
  give_back(head_);
  head_ = tail_ = nullptr;
  size_ = 0;
}

}  // namespace weir
