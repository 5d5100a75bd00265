#include "tools/load/key_dialogue.h"

#include <string>

#include "tools/load/pattern.h"

namespace weir::load {

KeyDialogue::KeyDialogue(Mix& mix, std::size_t connection)
    : mix_(mix), random_(connection + 1), next_command_(connection % mix.commands.size()) {}

std::uint64_t KeyDialogue::draw_key() {
  if (!mix_.in_order) return random_.below(mix_.keys);
  return mix_.next_key.fetch_add(1, std::memory_order_relaxed) % mix_.keys;
}

void KeyDialogue::ask(OutputBuffer& output) {
  const CommandTemplate& command = mix_.commands[next_command_];
  next_command_ = (next_command_ + 1) % mix_.commands.size();
  const std::uint64_t key = draw_key();
  command.write(key, output);
  asked_.push_back({&command, key});
}

bool KeyDialogue::is_value(std::string_view value) const {
  const std::size_t begin = CommandTemplate::value_begin(asked().key);
  return value.size() == asked().command->value_bytes() &&
         match_pattern(begin, value) == value.size();
}

Dialogue::Step KeyDialogue::answered(std::size_t size) {
  asked_.pop_front();
  return Step{size, true};
}

Dialogue::Step KeyDialogue::missed(std::size_t size) {
  ++misses_;
  return answered(size);
}

Status KeyDialogue::another_value(std::string_view reply) const {
  return Status::error("another value than the key's (of " +
                       std::to_string(asked().command->value_bytes()) +
                       " bytes, stored by this program): " + quote(reply));
}

}  // namespace weir::load
