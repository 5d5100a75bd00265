// Where the bytes of stored values go: a payload in memory.
//
// Thread rule: one thread at a time.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace weir::redis::rdb {

class ByteSink {
 public:
  virtual ~ByteSink() = default;
  virtual void append(std::string_view bytes) = 0;
};

class StringSink final : public ByteSink {
 public:
  void append(std::string_view bytes) override { bytes_ += bytes; }
  std::string_view bytes() const { return bytes_; }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

}  // namespace weir::redis::rdb
