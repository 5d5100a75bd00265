// Writes what stored values consist of, lengths, texts and numbers, as RDB of version 10 has them
// (Redis 7.0). The format is described in Redis' documentation and by the RDB file format page of
// S. Sripathi Krishnan's redis-rdb-tools; redis-server 7.0.15 is the judge.
//
// Thread rule: the sink's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "servers/redis/rdb/byte_sink.h"

namespace weir::redis::rdb {

class FieldWriter {
 public:
  // `sink` outlives the writer.
  explicit FieldWriter(ByteSink& sink) : sink_(sink) {}

  void byte(std::uint8_t value);
  // In 1, 2, 5 or 9 bytes, big-endian.
  void length(std::uint64_t value);
  // As an integer where it is the text of one of 32 bits, compressed where that is shorter, else as
  // it is.
  void text(std::string_view text);
  // Eight bytes, little-endian.
  void binary_double(double value);
  void raw(std::string_view bytes) { sink_.append(bytes); }

 private:
  bool try_integer(std::string_view text);
  bool try_compressed(std::string_view text);

  ByteSink& sink_;
  std::string compressed_;
};

}  // namespace weir::redis::rdb
