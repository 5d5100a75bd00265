// The requests that one decode() found: their commands, their arguments, the hashes of their keys.
// Filled by decoding, which may run on another thread than execution; touches nothing shared but
// the command table, which is constant. A batch serves one session from decode() to handle().
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
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

  void clear();
  bool empty() const { return ends_.empty(); }
  bool full() const { return ends_.size() == kMaxRequests; }

  // Where the decoder appends arguments; close_request() makes a request of the new ones.
  std::vector<std::string_view>& arguments() { return arguments_; }
  void close_request() { ends_.push_back(arguments_.size()); }

  // After the last request: resolves all of them.
  const std::vector<Request>& resolve_all(const CommandTable& commands);
  const std::vector<Request>& requests() const { return requests_; }
  // Of all keys of all requests, in their order.
  const std::vector<std::uint64_t>& key_hashes() const { return key_hashes_; }

 private:
  // Arguments to keep room for between batches: 200 KB. One huge MSET must not keep its memory.
  static constexpr std::size_t kKeptArguments = 8192;

  std::vector<std::string_view> arguments_;
  std::vector<std::uint64_t> hashes_;  // by argument, those of the keys; as many or more
  std::vector<std::uint64_t> key_hashes_;
  std::vector<std::size_t> ends_;  // of each request, in arguments_
  std::vector<Request> requests_;
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
