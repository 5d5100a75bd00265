#include "servers/redis/keyspace/expiry_queue.h"

#include <algorithm>
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
  // A quarter more at a time: doubling would cost 6 bytes a key on average.
  if (heap_.size() == heap_.capacity()) heap_.reserve(heap_.size() + heap_.size() / 4 + 8);
  heap_.push_back(Packed::pack(item));
  std::push_heap(heap_.begin(), heap_.end(), later);
}

void ExpiryQueue::pop() {
  std::pop_heap(heap_.begin(), heap_.end(), later);
  heap_.pop_back();
  shrink();
}

void ExpiryQueue::remove(std::size_t place) {
  heap_[place] = heap_.back();
  heap_.pop_back();
  if (place < heap_.size()) {
    // What came from the end may belong above or below.
    std::push_heap(heap_.begin(), heap_.begin() + static_cast<std::ptrdiff_t>(place) + 1, later);
    sift_down(place);
  }
  shrink();
}

void ExpiryQueue::sift_down(std::size_t place) {
  for (std::size_t child = 2 * place + 1; child < heap_.size(); child = 2 * place + 1) {
    if (child + 1 < heap_.size() && later(heap_[child], heap_[child + 1])) ++child;
    if (!later(heap_[place], heap_[child])) return;
    std::swap(heap_[place], heap_[child]);
    place = child;
  }
}

// Copies a quarter of what was there, at most.
void ExpiryQueue::shrink() {
  if (heap_.empty()) {
    clear();
  } else if (heap_.size() < heap_.capacity() / 4) {
    heap_.shrink_to_fit();
  }
}

void ExpiryQueue::clear() { heap_ = std::vector<Packed>(); }

}  // namespace weir::redis
