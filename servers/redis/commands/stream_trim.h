// The options by which XADD and XTRIM shorten a stream:
//   MAXLEN|MINID [=|~] threshold [LIMIT count]
// Thread rule: the call's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "servers/redis/call.h"
#include "servers/redis/types/stream.h"

namespace weir::redis::commands {

class StreamTrim {
 public:
  enum class Taken { kOption, kNothing, kError };

  // Takes the option that begins at argument `i` and leaves `i` at its last argument. kError: the
  // error is replied.
  Taken take(Call& call, std::size_t& i);
  // Whether the options fit together; false, with the error replied, when they do not. `required`:
  // a threshold must be among them.
  bool check(Call& call, bool required) const;
  // Shortens the stream as the options say, if there are any; returns how many entries went.
  std::size_t apply(Stream& stream, const EncodingLimits& limits) const;

 private:
  enum class By { kNothing, kLength, kId };

  bool read_threshold(Call& call, std::size_t& i, By by);
  bool read_limit(Call& call, std::size_t i);

  By by_ = By::kNothing;
  bool whole_nodes_ = false;  // "~"
  std::int64_t length_ = 0;
  StreamId id_;
  std::optional<std::int64_t> limit_;  // 0: none
};

}  // namespace weir::redis::commands
