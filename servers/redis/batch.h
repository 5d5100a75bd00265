// The requests that one decode() found: their commands, their arguments, the hashes of their keys.
// Filled by decoding, which may run on another thread than execution; touches nothing shared but
// the command table, which is constant. A batch serves one session from decode() to handle().
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <vector>

#include "servers/redis/command_table.h"
#include "servers/redis/request.h"

namespace weir::redis {

class Batch {
 public:
  // Enough for a client's usual pipeline and for the memory fetches of a batch to overlap; few
  // enough that what it fetches is still in the cache when it runs.
  static constexpr std::size_t kMaxRequests = 32;

  Batch() = default;
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

  void clear();
  bool empty() const { return next_ == requests_.data(); }
  bool full() const { return next_ == requests_.data() + kMaxRequests; }

  // Where the decoder appends arguments; close_request() makes a request of the new ones.
  std::vector<std::string_view>& arguments() { return arguments_; }
  [[gnu::always_inline]] void close_request(const CommandTable& commands) {
    // Their place alone does not tell: after growing twice it may be the same.
    if (arguments_.capacity() != capacity_) follow_arguments();
    const std::size_t size = arguments_.size() - end_;
    resolve(commands, {base_ + end_, size}, {hashes_.data() + end_, size}, *next_);
    ++next_;
    end_ += size;
  }
  // After the last request: the decoder may have moved the arguments for one that it then found to
  // be incomplete.
  void close() {
    if (arguments_.capacity() != capacity_) follow_arguments();
  }
  // Views of the batch, which is closed.
  std::span<const Request> requests() const { return {requests_.data(), next_}; }

 private:
  // Arguments to keep room for between batches: 200 KB. One huge MSET must not keep its memory.
  static constexpr std::size_t kKeptArguments = 8192;

  [[gnu::noinline]] void follow_arguments();

  std::vector<std::string_view> arguments_;
  // As the requests know them.
  const std::string_view* base_ = nullptr;
  std::size_t capacity_ = 0;
  std::size_t end_ = 0;                // of the last request, in arguments_
  std::vector<std::uint64_t> hashes_;  // by argument, those of the keys; room for all
  std::array<Request, kMaxRequests> requests_;
  Request* next_ = requests_.data();
};

// Batches for the sessions of one reactor, so that an idle session holds none.
// Thread rule: the reactor's thread, or where `shared` its I/O threads too.
class alignas(64) BatchPool {
 public:
  explicit BatchPool(bool shared) : shared_(shared) {}

  // Empty.
  std::unique_ptr<Batch> take();
  void give_back(std::unique_ptr<Batch> batch);

 private:
  static constexpr std::size_t kMaxIdle = 64;

  std::unique_lock<std::mutex> lock();

  const bool shared_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Batch>> idle_;
};

}  // namespace weir::redis
