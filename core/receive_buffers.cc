#include "core/receive_buffers.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "base/check.h"

namespace weir {
namespace {

// Newer than the kernel headers of Debian 12.
constexpr std::uint16_t kIncremental = 2;       // IOU_PBUF_RING_INC
constexpr std::uint32_t kMoreFollows = 1 << 4;  // IORING_CQE_F_BUF_MORE

// io_uring_buf_reg, whose names differ between headers.
struct BufferRing {
  std::uint64_t address;
  std::uint32_t entries;
  std::uint16_t group;
  std::uint16_t flags;
  std::uint64_t reserved[3];
};
static_assert(sizeof(BufferRing) == sizeof(io_uring_buf_reg));

constexpr std::size_t kPage = 4096;
constexpr std::size_t kSharedBufferBytes = 64 * 1024;
constexpr std::size_t kWholeBufferBytes = 4 * 1024;

}  // namespace

void ReceiveBuffers::Free::operator()(void* memory) const {
  ::operator delete (memory, std::align_val_t{kPage});
}

ReceiveBuffers::~ReceiveBuffers() = default;

Status ReceiveBuffers::open(io_uring& ring) {
  Status status = provide_ring(ring, kIncremental, kSharedBufferBytes, kBytes / kSharedBufferBytes);
  incremental_ = status.is_ok();
  if (!incremental_) {
    status = provide_ring(ring, 0, kWholeBufferBytes, kMostWholeBytes / kWholeBufferBytes);
  }
  if (!status.is_ok()) return status;
  used_up_.reserve(capacity_);
  buffers_.reserve(capacity_);
  add_buffers(kBytes / buffer_bytes_);
  return Status::ok();
}

Status ReceiveBuffers::provide_ring(io_uring& ring, std::uint16_t flags, std::size_t buffer_bytes,
                                    std::size_t capacity) {
  buffer_bytes_ = buffer_bytes;
  capacity_ = static_cast<std::uint16_t>(capacity);
  const std::size_t bytes = capacity * sizeof(io_uring_buf);
  ring_.reset(static_cast<io_uring_buf_ring*>(::operator new (bytes, std::align_val_t{kPage})));
  std::memset(static_cast<void*>(ring_.get()), 0, bytes);
  BufferRing request{.address = reinterpret_cast<std::uintptr_t>(ring_.get()),
                     .entries = capacity_,
                     .group = kGroup,
                     .flags = flags,
                     .reserved = {}};
  const int result = sockets_.uring_register(ring, IORING_REGISTER_PBUF_RING, &request, 1);
  return result >= 0 ? Status::ok() : Status::from_errno(-result, "cannot provide buffers");
}

void ReceiveBuffers::add_buffers(std::size_t count) {
  for (; count > 0; --count) {
    buffers_.push_back({std::make_unique_for_overwrite<char[]>(buffer_bytes_)});
    provide(static_cast<std::uint16_t>(buffers_.size() - 1));
  }
}

void ReceiveBuffers::provide(std::uint16_t buffer) {
  buffers_[buffer].used = 0;
  const int mask = ::io_uring_buf_ring_mask(capacity_);
  ::io_uring_buf_ring_add(ring_.get(), buffers_[buffer].bytes.get(),
                          static_cast<unsigned>(buffer_bytes_), buffer, mask, 0);
  ::io_uring_buf_ring_advance(ring_.get(), 1);
}

std::string_view ReceiveBuffers::take(const io_uring_cqe& completion) {
  const auto number = static_cast<std::uint16_t>(completion.flags >> IORING_CQE_BUFFER_SHIFT);
  WEIR_CHECK(number < buffers_.size());
  Buffer& buffer = buffers_[number];
  const auto size = static_cast<std::size_t>(std::max(completion.res, 0));
  const std::string_view bytes(buffer.bytes.get() + buffer.used, size);
  buffer.used += size;
  if (!incremental_ || (completion.flags & kMoreFollows) == 0) used_up_.push_back(number);
  return bytes;
}

void ReceiveBuffers::recycle() {
  for (const std::uint16_t buffer : used_up_) provide(buffer);
  used_up_.clear();
}

void ReceiveBuffers::grow() {
  if (incremental_) return;
  try {
    add_buffers(std::min<std::size_t>(buffers_.size(), capacity_ - buffers_.size()));
  } catch (const std::bad_alloc&) {
    return;  // it goes on with those there are
  }
}

}  // namespace weir
