// Sends memcached's get and set in its text protocol, for keys drawn at random, and looks at each
// reply: what was stored under a key follows from it, so get is to find that or nothing.
#pragma once

#include <cstddef>
#include <string_view>

#include "tools/load/key_dialogue.h"

namespace weir::load {

class MemcachedDialogue final : public KeyDialogue {
 public:
  // `mix` outlives it; its commands were made by CommandTemplate::parse_memcached().
  MemcachedDialogue(Mix& mix, std::size_t connection) : KeyDialogue(mix, connection) {}

  Result<Step> check(std::string_view unread) override;

 private:
  Result<Step> check_value(std::string_view unread, std::size_t line);
};

}  // namespace weir::load
