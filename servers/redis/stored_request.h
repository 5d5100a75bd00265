// A request that outlives the input it came in: its arguments are copied into one block of its own.
// What MULTI queues, what a waiting client will try again, and what waits behind that.
// Movable; Thread rule: a plain value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "servers/redis/request.h"

namespace weir::redis {

class StoredRequest {
 public:
  explicit StoredRequest(const Request& request);
  StoredRequest(StoredRequest&&) = default;
  StoredRequest& operator=(StoredRequest&&) = default;

  // Views of this object's bytes, which stay where they are when it moves.
  const Request& request() const { return request_; }
  // All it holds.
  std::size_t bytes() const;

 private:
  std::size_t size_ = 0;
  std::unique_ptr<char[]> bytes_;
  std::vector<std::string_view> arguments_;
  std::vector<std::uint64_t> hashes_;
  Request request_;
};

}  // namespace weir::redis
