#include "tools/load/command_template.h"

#include <algorithm>
#include <utility>

#include "tools/load/pattern.h"

namespace weir::load {
namespace {

constexpr std::size_t kKeyBytes = 12;
constexpr std::string_view kKey = "{key}";
constexpr std::string_view kValue = "{value}";

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end > 0) words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

std::string upper(std::string_view word) {
  std::string raised(word);
  for (char& c : raised) c = c >= 'a' && c <= 'z' ? static_cast<char>(c & ~0x20) : c;
  return raised;
}

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != text.npos; at += part.size()) ++found;
  return found;
}

}  // namespace

Result<CommandTemplate> CommandTemplate::parse(std::string_view text, std::size_t value_bytes) {
  const std::vector<std::string_view> words = split(text);
  if (words.empty()) return Status::error("an empty command: expected one like 'GET key:{key}'");
  CommandTemplate made;
  made.value_bytes_ = value_bytes;
  made.add_text("*" + std::to_string(words.size()) + "\r\n");
  for (const std::string_view word : words) {
    const std::size_t fixed =
        word.size() - count(word, kKey) * kKey.size() - count(word, kValue) * kValue.size();
    const std::size_t size =
        fixed + count(word, kKey) * kKeyBytes + count(word, kValue) * value_bytes;
    made.add_text("$" + std::to_string(size) + "\r\n");
    made.add_word(word);
    made.add_text("\r\n");
  }
  const std::string name = upper(words[0]);
  const bool of_key = words.size() > 1 && count(words[1], kKey) == 1;
  const bool stores = words.size() == 3 && words[2] == kValue;
  if (name == "GET" && of_key) made.reply_ = Reply::kValue;
  if ((name == "SET" && stores) || name == "MSET") made.reply_ = Reply::kOk;
  return made;
}

Result<CommandTemplate> CommandTemplate::parse_memcached(std::string_view text,
                                                         std::size_t value_bytes) {
  const std::vector<std::string_view> words = split(text);
  const bool is_get = words.size() == 2 && words[0] == "get";
  const bool is_set = words.size() == 3 && words[0] == "set" && words[2] == kValue;
  if (!(is_get || is_set) || words[1].find(kKey) == words[1].npos) {
    return Status::error("'" + std::string(text) +
                         "': expected 'get key:{key}' or 'set key:{key} {value}'");
  }
  CommandTemplate made;
  made.value_bytes_ = value_bytes;
  made.reply_ = is_get ? Reply::kValue : Reply::kOk;
  made.add_text(std::string(words[0]) + " ");
  made.add_word(words[1]);
  if (is_set) {
    made.add_text(" 0 0 " + std::to_string(value_bytes) + "\r\n");
    made.add_word(kValue);
  }
  made.add_text("\r\n");
  return made;
}

void CommandTemplate::add_word(std::string_view word) {
  while (!word.empty()) {
    const std::size_t at = std::min(word.find(kKey), word.find(kValue));
    add_text(word.substr(0, at));
    if (at == word.npos) return;
    const bool is_key = word.substr(at).starts_with(kKey);
    pieces_.push_back({is_key ? Part::kKey : Part::kValue, {}});
    word.remove_prefix(at + (is_key ? kKey.size() : kValue.size()));
  }
}

void CommandTemplate::add_text(std::string_view text) {
  if (text.empty()) return;
  if (pieces_.empty() || pieces_.back().part != Part::kText) pieces_.push_back({Part::kText, {}});
  pieces_.back().text += text;
}

void CommandTemplate::write(std::uint64_t key, OutputBuffer& output) const {
  for (const Piece& piece : pieces_) {
    if (piece.part == Part::kText) {
      output.append(piece.text);
    } else if (piece.part == Part::kKey) {
      char digits[kKeyBytes];
      std::uint64_t left = key;
      for (std::size_t i = kKeyBytes; i-- > 0; left /= 10) {
        digits[i] = static_cast<char>('0' + left % 10);
      }
      output.append({digits, kKeyBytes});
    } else {
      std::size_t at = value_begin(key);
      for (std::size_t left = value_bytes_; left > 0;) {
        const std::string_view part = pattern_at(at, left);
        output.append(part);
        at += part.size();
        left -= part.size();
      }
    }
  }
}

}  // namespace weir::load
