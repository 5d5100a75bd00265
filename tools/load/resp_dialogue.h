// Sends Redis commands, those of a mix in turn, for keys drawn at random, and looks at each reply:
// what was stored under a key follows from it, so GET is to find that or nothing.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "tools/load/command_template.h"
#include "tools/load/dialogue.h"

namespace weir::load {

class RespDialogue final : public Dialogue {
 public:
  // What all connections do. Any thread.
  struct Mix {
    std::vector<CommandTemplate> commands;
    std::uint64_t keys = 1;  // drawn from 0 to one less
    bool in_order = false;   // or one after the other, whoever asks: a fill
    std::atomic<std::uint64_t> next_key{0};
  };

  // `mix` outlives it.
  RespDialogue(Mix& mix, std::size_t connection);

  void ask(OutputBuffer& output) override;
  Result<Step> check(std::string_view unread) override;
  std::uint64_t misses() const override { return misses_; }

 private:
  struct Asked {
    const CommandTemplate* command;
    std::uint64_t key;
  };

  std::uint64_t draw_key();
  Result<Step> check_value(std::string_view unread, const Asked& asked);
  Result<Step> answered(std::size_t size);

  Mix& mix_;
  Random random_;
  std::size_t next_command_;
  std::deque<Asked> asked_;
  std::uint64_t misses_ = 0;
};

}  // namespace weir::load
