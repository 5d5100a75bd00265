#include "servers/redis/stored_request.h"

#include <algorithm>

namespace weir::redis {

StoredRequest::StoredRequest(const Request& request)
    : hashes_(request.hashes.begin(), request.hashes.end()), request_(request) {
  for (const std::string_view argument : request.arguments) size_ += argument.size();
  bytes_ = std::make_unique_for_overwrite<char[]>(size_);
  arguments_.reserve(request.arguments.size());
  char* end = bytes_.get();
  for (const std::string_view argument : request.arguments) {
    arguments_.emplace_back(end, argument.size());
    end = std::copy(argument.begin(), argument.end(), end);
  }
  request_.arguments = arguments_;
  request_.hashes = hashes_;
}

std::size_t StoredRequest::bytes() const {
  return sizeof *this + size_ +
         arguments_.size() * (sizeof(std::string_view) + sizeof(std::uint64_t));
}

}  // namespace weir::redis
