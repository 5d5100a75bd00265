#include "tools/load/memcached_dialogue.h"

#include <string>

namespace weir::load {
namespace {

constexpr std::size_t kMostLineBytes = 512;  // A VALUE's has a key of at most 250.
constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kValueEnd = "\r\nEND\r\n";

}  // namespace

Result<Dialogue::Step> MemcachedDialogue::check(std::string_view unread) {
  const std::size_t line = unread.substr(0, kMostLineBytes).find(kLineEnd);
  if (line == unread.npos) {
    if (unread.size() < kMostLineBytes) return Step{};
    return Status::error("no reply of memcached's: " + quote(unread));
  }
  const std::string_view reply = unread.substr(0, line);
  const bool is_get = asked().command->reply() == CommandTemplate::Reply::kValue;
  if (is_get && reply == "END") return missed(line + kLineEnd.size());
  if (is_get && reply.starts_with("VALUE ")) return check_value(unread, line);
  if (!is_get && reply == "STORED") return answered(line + kLineEnd.size());
  return Status::error(quote(reply) + ", expected " + (is_get ? "VALUE or END" : "STORED"));
}

// What follows VALUE's line, which ends at `line`.
Result<Dialogue::Step> MemcachedDialogue::check_value(std::string_view unread, std::size_t line) {
  const std::size_t size = asked().command->value_bytes();
  const std::size_t begin = line + kLineEnd.size();
  if (!unread.substr(0, line).ends_with(" " + std::to_string(size))) return another_value(unread);
  const std::size_t whole = begin + size + kValueEnd.size();
  if (unread.size() < whole) return Step{};
  const bool ends = unread.substr(begin + size).starts_with(kValueEnd);
  if (!ends || !is_value(unread.substr(begin, size))) return another_value(unread);
  return answered(whole);
}

}  // namespace weir::load
