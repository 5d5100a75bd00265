// Sends messages of one size and wants each back, byte for byte.
#pragma once

#include <cstddef>
#include <string_view>

#include "tools/load/dialogue.h"

namespace weir::load {

class EchoDialogue final : public Dialogue {
 public:
  // Each connection begins elsewhere in the pattern: what belongs to another is wrong.
  // REQUIRES: size > 0.
  EchoDialogue(std::size_t size, std::size_t connection);

  void ask(OutputBuffer& output) override;
  Result<Step> check(std::string_view unread) override;

 private:
  const std::size_t size_;
  std::size_t asked_;     // where in the pattern the next message begins
  std::size_t answered_;  // and what comes back next
  std::size_t left_;      // of the reply at hand
};

}  // namespace weir::load
