// Sends Redis commands, those of a mix in turn, for keys drawn at random, and looks at each reply:
// what was stored under a key follows from it, so GET is to find that or nothing.
#pragma once

#include <cstddef>
#include <string_view>

#include "tools/load/key_dialogue.h"

namespace weir::load {

class RespDialogue final : public KeyDialogue {
 public:
  // `mix` outlives it.
  RespDialogue(Mix& mix, std::size_t connection) : KeyDialogue(mix, connection) {}

  Result<Step> check(std::string_view unread) override;

 private:
  Result<Step> check_value(std::string_view reply);
};

}  // namespace weir::load
