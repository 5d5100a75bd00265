#include "tools/load/resp_dialogue.h"

#include <string>

#include "tools/load/pattern.h"
#include "tools/load/reply_end.h"

namespace weir::load {
namespace {

constexpr std::string_view kOk = "+OK\r\n";

}  // namespace

RespDialogue::RespDialogue(Mix& mix, std::size_t connection)
    : mix_(mix), random_(connection + 1), next_command_(connection % mix.commands.size()) {}

std::uint64_t RespDialogue::draw_key() {
  if (!mix_.in_order) return random_.below(mix_.keys);
  return mix_.next_key.fetch_add(1, std::memory_order_relaxed) % mix_.keys;
}

void RespDialogue::ask(OutputBuffer& output) {
  const CommandTemplate& command = mix_.commands[next_command_];
  next_command_ = (next_command_ + 1) % mix_.commands.size();
  const std::uint64_t key = draw_key();
  command.write(key, output);
  asked_.push_back({&command, key});
}

Result<Dialogue::Step> RespDialogue::answered(std::size_t size) {
  asked_.pop_front();
  return Step{size, true};
}

Result<Dialogue::Step> RespDialogue::check(std::string_view unread) {
  const Asked& asked = asked_.front();
  if (asked.command->reply() == CommandTemplate::Reply::kOk && unread.starts_with(kOk)) {
    return answered(kOk.size());
  }
  const std::size_t size = reply_end(unread);
  if (size == unread.npos) return Status::error("no reply of Redis': " + quote(unread));
  if (size == 0) return Step{};
  const std::string_view reply = unread.substr(0, size);
  if (reply.front() == '-' || reply.front() == '!') {
    return Status::error("an error: " + quote(reply));
  }
  switch (asked.command->reply()) {
    case CommandTemplate::Reply::kAny:
      return answered(size);
    case CommandTemplate::Reply::kValue:
      return check_value(reply, asked);
    case CommandTemplate::Reply::kOk:
      break;
  }
  return Status::error(quote(reply) + ", expected \"+OK\"");
}

Result<Dialogue::Step> RespDialogue::check_value(std::string_view reply, const Asked& asked) {
  if (reply == "$-1\r\n" || reply == "_\r\n") {
    ++misses_;
    return answered(reply.size());
  }
  const std::size_t size = asked.command->value_bytes();
  const std::string header = "$" + std::to_string(size) + "\r\n";
  const bool has_size = reply.starts_with(header) && reply.size() == header.size() + size + 2;
  const std::size_t begin = CommandTemplate::value_begin(asked.key);
  if (!has_size || match_pattern(begin, reply.substr(header.size(), size)) != size) {
    return Status::error("another value than the key's (of " + std::to_string(size) +
                         " bytes, stored by this program): " + quote(reply));
  }
  return answered(reply.size());
}

}  // namespace weir::load
