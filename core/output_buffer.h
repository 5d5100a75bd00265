// The unsent output of one connection: a chain of chunks, filled at the tail, sent from the head.
//
//   head                              tail
//   [ sent | unsent ] -> [ unsent ] -> [ part of a file ] -> [ unsent | room ]
//
// Chunks come from a ChunkPool that all connections of a reactor share: a connection with nothing
// to send holds none, and the few that are in use stay warm in the cache. A large piece is spread
// over several; only reserve() of more than a chunk gets one of exactly its size. Owner's thread
// only. A std::bad_alloc out of reserve() or append() leaves the buffer as it was.
#pragma once

#include <sys/types.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

#include "core/chunk_pool.h"

namespace weir {

// A part of a file, which the kernel sends from its own cache.
struct FilePiece {
  int fd;
  off_t offset;
  std::size_t size;
  // Keeps `fd` open: a cache of open files shares it with all that is being sent of it.
  std::shared_ptr<const void> owner;
};

class OutputBuffer {
 public:
  // `pool` outlives the buffer.
  explicit OutputBuffer(ChunkPool& pool) : pool_(pool) {}
  ~OutputBuffer() { clear(); }
  OutputBuffer(const OutputBuffer&) = delete;
  OutputBuffer& operator=(const OutputBuffer&) = delete;

  // Room for at least n bytes, contiguous, valid until the next call that is not commit().
  [[gnu::always_inline]] char* reserve(std::size_t n) {
    if (tail_ == nullptr || tail_->room() < n) add_chunk(n);
    return tail_->end;
  }
  // The first n bytes of the room were filled. REQUIRES: n <= what was reserved.
  [[gnu::always_inline]] void commit(std::size_t n) {
    tail_->end += n;
    size_ += n;
  }
  void append(std::string_view bytes);
  void append_file(FilePiece piece);

  // Unsent bytes, those of files too.
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // Bytes of storage held: counted chunk by chunk.
  std::size_t capacity() const;

  // The file that is to be sent next, or nullptr where it is bytes, or nothing.
  const FilePiece* front_file() const;
  bool has_files() const;
  // Describes the unsent bytes from the head on, up to a file; returns the number of pieces filled.
  std::size_t pieces(iovec* pieces, std::size_t capacity) const;
  // The first n bytes were sent. REQUIRES: n <= size().
  void consume(std::size_t n);
  void clear();

 private:
  void add_chunk(std::size_t n);
  Chunk* take_chain(std::size_t n);
  void link(Chunk* chain);  // behind the tail, which the caller moves on
  void give_back(Chunk* chain);
  void release(Chunk* chunk);

  ChunkPool& pool_;
  Chunk* head_ = nullptr;
  Chunk* tail_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace weir
