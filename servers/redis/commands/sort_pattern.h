// SORT's patterns: what BY and GET look up for an element. As Redis documents them:
//
//   #               the element itself (GET alone)
//   weight_*        the string at the key that the element makes of the star
//   object_*->name  a field of the hash there
//
// Without a star there is nothing to look up. Redis reads a pattern as a C string: a NUL hides the
// star or the arrow behind it. A pattern views the request's bytes.
// Thread rule: the call's thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "servers/redis/call.h"
#include "servers/redis/types/integer_text.h"

namespace weir::redis::commands {

class SortPattern {
 public:
  explicit SortPattern(std::string_view text);

  // Whether it leads to keys, which may be in any shard of the database: a command that looks up
  // must hold the locks of all.
  bool names_keys() const { return kind_ == Kind::kKey; }

  // Nothing where the key or the field is absent, or holds something else. The view lives as long
  // as `element`, `scratch` and the value that was found.
  std::optional<std::string_view> look_up(Call& call, std::string_view element,
                                          IntegerText& scratch) const;

 private:
  enum class Kind : std::uint8_t { kNothing, kElement, kKey };

  std::string key_of(std::string_view element) const;

  Kind kind_ = Kind::kNothing;
  std::string_view prefix_;
  std::string_view suffix_;
  std::string_view field_;  // empty: not a hash's
};

}  // namespace weir::redis::commands
