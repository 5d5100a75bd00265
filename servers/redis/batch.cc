#include "servers/redis/batch.h"

#include <span>
#include <utility>

namespace weir::redis {

void Batch::clear() {
  if (arguments_.capacity() > kKeptArguments) {
    arguments_ = std::vector<std::string_view>();
    hashes_ = std::vector<std::uint64_t>();
    base_ = nullptr;
    capacity_ = 0;
  }
  arguments_.clear();
  end_ = 0;
  next_ = requests_.data();
}

// The arguments have moved: so do the views of them, and the hashes get as much room.
void Batch::follow_arguments() {
  hashes_.resize(arguments_.capacity());
  base_ = arguments_.data();
  capacity_ = arguments_.capacity();
  std::size_t begin = 0;
  for (Request& request : std::span(requests_.data(), next_)) {
    const std::size_t size = request.arguments.size();
    request.arguments = {base_ + begin, size};
    request.hashes = {hashes_.data() + begin, size};
    begin += size;
  }
}

std::unique_lock<std::mutex> BatchPool::lock() {
  return shared_ ? std::unique_lock(mutex_) : std::unique_lock<std::mutex>();
}

std::unique_ptr<Batch> BatchPool::take() {
  const auto held = lock();
  if (idle_.empty()) return std::make_unique<Batch>();
  std::unique_ptr<Batch> batch = std::move(idle_.back());
  idle_.pop_back();
  return batch;
}

void BatchPool::give_back(std::unique_ptr<Batch> batch) {
  batch->clear();
  const auto held = lock();
  if (idle_.size() < kMaxIdle) idle_.push_back(std::move(batch));
}

}  // namespace weir::redis
