#include "tools/load/resp_dialogue.h"

#include <string>

#include "tools/load/reply_end.h"

namespace weir::load {
namespace {

constexpr std::string_view kOk = "+OK\r\n";

}  // namespace

Result<Dialogue::Step> RespDialogue::check(std::string_view unread) {
  const CommandTemplate::Reply expected = asked().command->reply();
  if (expected == CommandTemplate::Reply::kOk && unread.starts_with(kOk)) {
    return answered(kOk.size());
  }
  const std::size_t size = reply_end(unread);
  if (size == unread.npos) return Status::error("no reply of Redis': " + quote(unread));
  if (size == 0) return Step{};
  const std::string_view reply = unread.substr(0, size);
  if (reply.front() == '-' || reply.front() == '!') {
    return Status::error("an error: " + quote(reply));
  }
  switch (expected) {
    case CommandTemplate::Reply::kAny:
      return answered(size);
    case CommandTemplate::Reply::kValue:
      return check_value(reply);
    case CommandTemplate::Reply::kOk:
      break;
  }
  return Status::error(quote(reply) + ", expected \"+OK\"");
}

Result<Dialogue::Step> RespDialogue::check_value(std::string_view reply) {
  if (reply == "$-1\r\n" || reply == "_\r\n") return missed(reply.size());
  const std::size_t size = asked().command->value_bytes();
  const std::string header = "$" + std::to_string(size) + "\r\n";
  const bool has_size = reply.starts_with(header) && reply.size() == header.size() + size + 2;
  if (!has_size || !is_value(reply.substr(header.size(), size))) return another_value(reply);
  return answered(reply.size());
}

}  // namespace weir::load
