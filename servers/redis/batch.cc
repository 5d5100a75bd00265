#include "servers/redis/batch.h"

#include <span>
#include <utility>

namespace weir::redis {

void Batch::clear() {
  if (arguments_.capacity() > kKeptArguments) {
    arguments_ = std::vector<std::string_view>();
    hashes_ = std::vector<std::uint64_t>();
    key_hashes_ = std::vector<std::uint64_t>();
  }
  key_hashes_.clear();
  arguments_.clear();
  ends_.clear();
  requests_.clear();
}

const std::vector<Request>& Batch::resolve_all(const CommandTable& commands) {
  if (hashes_.size() < arguments_.size()) hashes_.resize(arguments_.size());
  const std::string_view* arguments = arguments_.data();
  std::uint64_t* hashes = hashes_.data();
  std::size_t begin = 0;
  for (const std::size_t end : ends_) {
    const std::size_t size = end - begin;
    requests_.push_back(resolve(commands, {arguments + begin, size}, {hashes + begin, size},
                                [this](std::uint64_t hash) { key_hashes_.push_back(hash); }));
    begin = end;
  }
  return requests_;
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
