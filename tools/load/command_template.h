// A command of Redis or memcached with places to fill in: "SET key:{key} {value}". {key} is a
// number of twelve digits, as redis-benchmark writes it, drawn anew for each request; {value} is a
// text that follows from the key, so that who reads it knows what to expect.
//
// Constant once made: any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "core/output_buffer.h"
#include "tools/load/pattern.h"

namespace weir::load {

class CommandTemplate {
 public:
  // What a right reply to it is.
  enum class Reply : std::uint8_t {
    kOk,     // SET and its kin
    kValue,  // GET of a {key}: its value, or nothing
    kAny,    // any that is no error
  };

  // Words are separated by blanks. The error says what is wrong with it.
  static Result<CommandTemplate> parse(std::string_view text, std::size_t value_bytes);

  // The same of memcached's text protocol: "get KEY" or "set KEY {value}".
  static Result<CommandTemplate> parse_memcached(std::string_view text, std::size_t value_bytes);

  // The whole request, for that key.
  void write(std::uint64_t key, OutputBuffer& output) const;
  Reply reply() const { return reply_; }
  std::size_t value_bytes() const { return value_bytes_; }

  // Where in the pattern a key's value begins.
  static std::size_t value_begin(std::uint64_t key) { return key * 8191 % kPatternBytes; }

 private:
  enum class Part : std::uint8_t { kText, kKey, kValue };
  struct Piece {
    Part part;
    std::string text;
  };

  void add_word(std::string_view word);
  void add_text(std::string_view text);

  std::vector<Piece> pieces_;
  std::size_t value_bytes_ = 0;
  Reply reply_ = Reply::kAny;
};

}  // namespace weir::load
