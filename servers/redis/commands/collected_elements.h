// The elements of an aggregate whose number is known only when the last of them is: written aside
// first, then copied behind their header. Where the number is known before, writing straight into
// the reply is cheaper.
// Thread rule: one thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "codec/resp_reply.h"

namespace weir::redis::commands {

// A ReplySink in memory.
class ByteSink {
 public:
  char* reserve(std::size_t n) {
    if (bytes_.size() - used_ < n) bytes_.resize(std::max(2 * bytes_.size(), used_ + n));
    return bytes_.data() + used_;
  }
  void commit(std::size_t n) { used_ += n; }
  void append(std::string_view bytes) {
    std::copy(bytes.begin(), bytes.end(), reserve(bytes.size()));
    commit(bytes.size());
  }
  std::string_view view() const { return {bytes_.data(), used_}; }

 private:
  std::string bytes_;
  std::size_t used_ = 0;
};

class CollectedElements {
 public:
  explicit CollectedElements(int protocol) : writer_(sink_, protocol) {}
  CollectedElements(const CollectedElements&) = delete;
  CollectedElements& operator=(const CollectedElements&) = delete;

  // Where the next element goes: exactly one.
  codec::ReplyWriter<ByteSink>& next() {
    ++count_;
    return writer_;
  }
  std::size_t count() const { return count_; }
  // For ReplyWriter::raw(), behind a header of count() elements.
  std::string_view bytes() const { return sink_.view(); }

 private:
  ByteSink sink_;
  codec::ReplyWriter<ByteSink> writer_;
  std::size_t count_ = 0;
};

}  // namespace weir::redis::commands
