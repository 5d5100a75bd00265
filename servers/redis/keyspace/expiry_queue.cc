#include "servers/redis/keyspace/expiry_queue.h"

#include <algorithm>
#include <tuple>

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
  if (heap_.empty()) clear();
}

std::vector<ExpiryQueue::Item> ExpiryQueue::take_distinct() {
  const auto order = [](const Packed& a, const Packed& b) {
    return std::tuple(a.expiry(), a.hash_high, a.hash_low) <
           std::tuple(b.expiry(), b.hash_high, b.hash_low);
  };
  std::sort(heap_.begin(), heap_.end(), order);
  std::vector<Item> items;
  for (std::size_t i = 0; i < heap_.size(); ++i) {
    if (i == 0 || order(heap_[i - 1], heap_[i])) items.push_back(heap_[i].unpack());
  }
  clear();
  return items;
}

void ExpiryQueue::clear() { heap_ = std::vector<Packed>(); }

}  // namespace weir::redis
