#include "servers/redis/batch.h"

#include <span>

namespace weir::redis {

void Batch::clear() {
  if (arguments_.capacity() > kKeptArguments) {
    arguments_ = std::vector<std::string_view>();
    hashes_ = std::vector<std::uint64_t>();
  }
  arguments_.clear();
  ends_.clear();
  requests_.clear();
}

const std::vector<Request>& Batch::resolve_all(const CommandTable& commands) {
  hashes_.resize(arguments_.size());
  std::size_t begin = 0;
  for (const std::size_t end : ends_) {
    requests_.push_back(resolve(commands, std::span(arguments_).subspan(begin, end - begin),
                                std::span(hashes_).subspan(begin, end - begin)));
    begin = end;
  }
  return requests_;
}

}  // namespace weir::redis
