// A request that did not arrive in one piece: lives from its first bytes until it is complete.
//
//   input -> RequestGuard -> redisReader (hiredis) -> ByteArena
//            limits, errors  parses, keeps an         the arguments, copied by the
//                            unfinished argument      reader's callbacks
//
// hiredis parses with a table of our own functions, so it builds no reply objects; the reader's
// buffer grows with the bytes that arrive, never with what a header announces. A partial inline
// command is just kept, up to 64 KiB. Not thread-safe; owned by one RequestDecoder.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "codec/byte_arena.h"
#include "codec/line.h"
#include "codec/resp_guard.h"
#include "codec/resp_limits.h"

struct redisReader;

namespace weir::codec {

// A shorter one would lose lines that Redis takes; a longer one is cut by PartialRequest.
static_assert(Line::Options{}.max_bytes >= RequestLimits::kMaxLineBytes);

class PartialRequest {
 public:
  enum class Outcome { kRequest, kNeedMore, kEmpty, kError };

  // `first` is the first byte of the request: '*', or an inline command's.
  explicit PartialRequest(char first) : inline_(first != '*') {}
  PartialRequest(const PartialRequest&) = delete;
  PartialRequest& operator=(const PartialRequest&) = delete;

  // Takes what belongs to this request from the front of `input`; all of it on kNeedMore. Any other
  // outcome is final. REQUIRES: input is not empty.
  Outcome feed(std::string_view input, const RequestLimits& limits, std::size_t& consumed);

  // After kRequest: appends the arguments and hands their bytes over to `owner`. False, with
  // nothing appended, where an inline command's quotes are unbalanced.
  bool take(std::vector<std::string_view>& arguments, ByteArena& owner);

  // After kError: the text of the error reply without its '-' and line end.
  std::string error() const;

  std::size_t memory_usage() const;

 private:
  struct FreeReader {
    void operator()(redisReader* reader) const;
  };

  Outcome feed_line(std::string_view input, std::size_t& consumed);
  bool feed_reader(std::string_view bytes);
  bool parse();
  void* add_argument(std::string_view argument);

  bool inline_;
  bool saw_nul_ = false;  // inline: no '\n' ends the line any more
  RequestGuard guard_;
  std::unique_ptr<redisReader, FreeReader> reader_;  // null until the first header is complete
  ByteArena arena_;
  std::vector<std::string_view> arguments_;  // views into arena_
  std::string line_;                         // inline
  Line line_scan_;
  std::string_view own_error_;  // found here, not by the guard
};

}  // namespace weir::codec
