#include "servers/redis/keyspace/expiry_queue.h"

#include <cstddef>
#include <utility>

namespace weir::redis {
namespace {

constexpr int kFingerprintGap = 16;  // bits of a hash between bucket and fingerprint
constexpr std::uint64_t kBucketMask = ExpiryQueue::kHashMask & 0xff'ffff'ffff;

}  // namespace

ExpiryQueue::Packed ExpiryQueue::Packed::pack(Item item) {
  const auto expiry = static_cast<std::uint64_t>(item.expiry);
  const std::uint64_t fingerprint = item.hash & ~kBucketMask & kHashMask;
  const std::uint64_t hash = fingerprint >> kFingerprintGap | (item.hash & kBucketMask);
  return {static_cast<std::uint32_t>(expiry >> 16), static_cast<std::uint16_t>(expiry),
          static_cast<std::uint16_t>(hash >> 32), static_cast<std::uint32_t>(hash)};
}

ExpiryQueue::Item ExpiryQueue::Packed::unpack() const {
  const std::uint64_t hash = std::uint64_t{hash_high} << 32 | hash_low;
  const std::uint64_t fingerprint = (hash & ~kBucketMask) << kFingerprintGap;
  return {static_cast<std::int64_t>(expiry()), fingerprint | (hash & kBucketMask)};
}

void ExpiryQueue::push(Item item) {
  if (size_ == chunks_.size() * kChunkItems) chunks_.push_back(std::make_unique<Chunk>());
  packed(size_) = Packed::pack(item);
  sift_up(size_++);
}

void ExpiryQueue::pop() { remove(0); }

void ExpiryQueue::remove(std::size_t place) {
  packed(place) = packed(size_ - 1);
  drop_last();
  if (place == size_) return;
  // What came from the end may belong above or below.
  sift_up(place);
  sift_down(place);
}

void ExpiryQueue::sift_up(std::size_t place) {
  const Packed moved = packed(place);
  for (; place > 0; place = (place - 1) / 2) {
    const Packed& parent = packed((place - 1) / 2);
    if (!later(parent, moved)) break;
    packed(place) = parent;
  }
  packed(place) = moved;
}

void ExpiryQueue::sift_down(std::size_t place) {
  const Packed moved = packed(place);
  for (std::size_t child = 2 * place + 1; child < size_; child = 2 * place + 1) {
    if (child + 1 < size_ && later(packed(child), packed(child + 1))) ++child;
    if (!later(moved, packed(child))) break;
    packed(place) = packed(child);
    place = child;
  }
  packed(place) = moved;
}

// One chunk more than needed stays, so that a size that swings frees and takes none.
void ExpiryQueue::drop_last() {
  --size_;
  if (size_ == 0) return clear();
  if (size_ + kChunkItems <= (chunks_.size() - 1) * kChunkItems) chunks_.pop_back();
  if (chunks_.size() < chunks_.capacity() / 4) chunks_.shrink_to_fit();
}

void ExpiryQueue::clear() {
  chunks_ = std::vector<std::unique_ptr<Chunk>>();
  size_ = 0;
}

}  // namespace weir::redis
