#include "tools/load/echo_dialogue.h"

#include <algorithm>

#include "tools/load/pattern.h"

namespace weir::load {

EchoDialogue::EchoDialogue(std::size_t size, std::size_t connection)
    : size_(size), asked_(connection * 4099 % kPatternBytes), answered_(asked_), left_(size) {}

void EchoDialogue::ask(OutputBuffer& output) {
  for (std::size_t left = size_; left > 0;) {
    const std::string_view piece = pattern_at(asked_, left);
    output.append(piece);
    asked_ = (asked_ + piece.size()) % kPatternBytes;
    left -= piece.size();
  }
}

Result<Dialogue::Step> EchoDialogue::check(std::string_view unread) {
  const std::string_view part = unread.substr(0, left_);
  const std::size_t same = match_pattern(answered_, part);
  if (same < part.size()) {
    return Status::error("not what was sent: " + quote(part.substr(same)) + " for " +
                         quote(pattern_at(answered_ + same, part.size() - same)));
  }
  answered_ = (answered_ + part.size()) % kPatternBytes;
  left_ -= part.size();
  const bool is_whole = left_ == 0;
  if (is_whole) left_ = size_;
  return Step{part.size(), is_whole};
}

}  // namespace weir::load
