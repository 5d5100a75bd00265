// Chunks of output, and a reactor's stock of idle ones.
// Owner's thread only. The stock is bounded, so that one burst does not keep its memory for ever.
#pragma once

#include <cstddef>

namespace weir {

// Allocated with its bytes behind it; [begin, end) is unsent, [end, limit) is room. One that stands
// for a part of a file has neither: its bytes hold a FilePiece.
struct Chunk {
  Chunk* next;
  char* begin;
  char* end;
  char* limit;
  bool is_file;

  char* bytes() { return reinterpret_cast<char*>(this + 1); }
  // In memory, all of it.
  std::size_t size() const {
    return static_cast<std::size_t>(limit - reinterpret_cast<const char*>(this));
  }
  std::size_t room() const { return static_cast<std::size_t>(limit - end); }
  std::size_t unsent() const { return static_cast<std::size_t>(end - begin); }
};

class ChunkPool {
 public:
  // A page pair: the replies of a pipeline of 16 small requests fit many times over.
  static constexpr std::size_t kChunkBytes = 8192 - sizeof(Chunk);
  static constexpr std::size_t kMaxIdle = 256;

  ChunkPool() = default;
  ~ChunkPool();
  ChunkPool(const ChunkPool&) = delete;
  ChunkPool& operator=(const ChunkPool&) = delete;

  // An empty chunk with room for at least n bytes.
  Chunk* take(std::size_t n);
  void give_back(Chunk* chunk);

  // Bytes of the chunks that were taken and not given back.
  std::size_t in_use() const { return in_use_; }

 private:
  Chunk* idle_ = nullptr;
  std::size_t idle_count_ = 0;
  std::size_t in_use_ = 0;
};

}  // namespace weir
