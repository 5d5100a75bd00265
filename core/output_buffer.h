// The unsent output of one connection: a chain of chunks, filled at the tail, sent from the head.
//
//   head                              tail
//   [ sent | unsent ] -> [ unsent ] -> [ unsent | room ]
//
// Chunks come from a ChunkPool that all connections of a reactor share: a connection with nothing
// to send holds none, and the few that are in use stay warm in the cache. A large piece is spread
// over several; only reserve() of more than a chunk gets one of exactly its size. Owner's thread
// only. A std::bad_alloc out of reserve() or append() leaves the buffer as it was.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstring>
#include <string_view>

#include "core/chunk_pool.h"

namespace weir {

class OutputBuffer {
 public:
  // `pool` outlives the buffer.
  explicit OutputBuffer(ChunkPool& pool) : pool_(pool) {}
  ~OutputBuffer() { clear(); }
  OutputBuffer(const OutputBuffer&) = delete;
  OutputBuffer& operator=(const OutputBuffer&) = delete;

  // Room for at least n bytes, contiguous, valid until the next call that is not commit().
  char* reserve(std::size_t n) {
    if (tail_ == nullptr || tail_->room() < n) add_chunk(n);
    return tail_->end;
  }
  // The first n bytes of the room were filled. REQUIRES: n <= what was reserved.
  void commit(std::size_t n) {
    tail_->end += n;
    size_ += n;
  }
  void append(std::string_view bytes);

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // Bytes of storage held: counted chunk by chunk.
  std::size_t capacity() const;

  // Describes the unsent bytes from the head on; returns the number of pieces filled.
  std::size_t pieces(iovec* pieces, std::size_t capacity) const;
  // The first n bytes were sent. REQUIRES: n <= size().
  void consume(std::size_t n);
  void clear();

 private:
  void add_chunk(std::size_t n);
  Chunk* take_chain(std::size_t n);
  void link(Chunk* chain);  // behind the tail, which the caller moves on
  void give_back(Chunk* chain);

  ChunkPool& pool_;
  Chunk* head_ = nullptr;
  Chunk* tail_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace weir
