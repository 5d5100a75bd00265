// What dialogues with a server of keys share: the commands of a mix in turn, for keys drawn at
// random, and whether what came back is the value that follows from the key. Who derives from it
// knows the protocol's replies.
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

class KeyDialogue : public Dialogue {
 public:
  // What all connections do. Any thread.
  struct Mix {
    std::vector<CommandTemplate> commands;
    std::uint64_t keys = 1;  // drawn from 0 to one less
    bool in_order = false;   // or one after the other, whoever asks: a fill
    std::atomic<std::uint64_t> next_key{0};
  };

  void ask(OutputBuffer& output) final;
  std::uint64_t misses() const final { return misses_; }

 protected:
  struct Asked {
    const CommandTemplate* command;
    std::uint64_t key;
  };

  // `mix` outlives it.
  KeyDialogue(Mix& mix, std::size_t connection);

  // What the first reply that is outstanding is for.
  const Asked& asked() const { return asked_.front(); }
  // Whether `value` is that of the key asked for.
  bool is_value(std::string_view value) const;
  // The steps of a right reply of that size.
  Step answered(std::size_t size);
  Step missed(std::size_t size);
  // The error of a GET's reply that is neither.
  Status another_value(std::string_view reply) const;

 private:
  std::uint64_t draw_key();

  Mix& mix_;
  Random random_;
  std::size_t next_command_;
  std::deque<Asked> asked_;
  std::uint64_t misses_ = 0;
};

}  // namespace weir::load
