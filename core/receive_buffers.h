// The memory that the kernel receives into, shared by all connections of a reactor: one that waits
// for input holds none of it. A ring of buffers is provided (IORING_REGISTER_PBUF_RING); where the
// kernel can, a buffer is used up piece by piece, a receive behind the other (IOU_PBUF_RING_INC,
// Linux 6.12), and few of them, which stay in the cache, do for any number of connections. Else
// each receive takes a whole one: those are small, and become more once they have been too few.
//
// Owner's thread only. What take() returned is valid until recycle().
#pragma once

#include <liburing.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "core/sockets.h"

namespace weir {

class ReceiveBuffers {
 public:
  static constexpr std::uint16_t kGroup = 0;
  static constexpr std::size_t kBytes = 256 * 1024;  // at first, and for good where incremental

  explicit ReceiveBuffers(Sockets& sockets) : sockets_(sockets) {}
  ~ReceiveBuffers();
  ReceiveBuffers(const ReceiveBuffers&) = delete;
  ReceiveBuffers& operator=(const ReceiveBuffers&) = delete;

  // Registers with `ring`, which does not outlive this.
  Status open(io_uring& ring);
  // What one receive brings at most.
  std::size_t buffer_bytes() const { return buffer_bytes_; }

  // What a completed receive brought. REQUIRES: each completion once; those of a buffer in their
  // order.
  std::string_view take(const io_uring_cqe& completion);
  // What was taken has been read: the kernel may have its memory again.
  void recycle();
  // The kernel found none left. Provides more from now on, unless those are used piece by piece.
  void grow();

 private:
  static constexpr std::size_t kMostWholeBytes = 4 * 1024 * 1024;  // where receives take whole ones

  Status provide_ring(io_uring& ring, std::uint16_t flags, std::size_t buffer_bytes,
                      std::size_t capacity);
  void add_buffers(std::size_t count);
  void provide(std::uint16_t buffer);

  struct Free {
    void operator()(void* memory) const;
  };
  struct Buffer {
    std::unique_ptr<char[]> bytes;
    std::size_t used = 0;
  };

  Sockets& sockets_;
  bool incremental_ = false;
  std::size_t buffer_bytes_ = 0;
  std::uint16_t capacity_ = 0;  // of the ring, a power of two
  std::unique_ptr<io_uring_buf_ring, Free> ring_;
  std::vector<Buffer> buffers_;
  std::vector<std::uint16_t> used_up_;
};

}  // namespace weir
