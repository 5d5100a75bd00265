#include "codec/inline_command.h"

#include <algorithm>
#include <cstddef>

namespace weir::codec {
namespace {

// Blanks between arguments, and after a closing quote.
bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// What ends an argument that has begun: fewer characters than the blanks above, as in Redis.
bool ends_argument(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\0'; }

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

char unescape(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'b':
      return '\b';
    case 'a':
      return '\a';
    default:
      return c;
  }
}

// Reads one argument of `line` at a time. A character past the end reads as NUL, which no quoted
// text may contain either: it ends the line.
class Splitter {
 public:
  Splitter(std::string_view line, char* storage) : line_(line), storage_(storage) {}

  // Moves to the next argument; false at the end of the line.
  bool skip_blanks() {
    while (is_blank(peek())) ++at_;
    return peek() != '\0';
  }

  // Reads the argument at the current position; false where quotes are unbalanced.
  bool read(std::string_view& argument) {
    const std::size_t start = at_;
    while (!ends_argument(peek()) && peek() != '"' && peek() != '\'') ++at_;
    if (ends_argument(peek())) {
      argument = line_.substr(start, at_ - start);
      return true;
    }
    // The unescaped text is never longer than its source, so it is written at the same offset:
    // storage that is the line itself is overwritten only where it has been read.
    out_ = start;
    for (std::size_t i = start; i < at_; ++i) put(line_[i]);
    const char quote = line_[at_++];
    if (!(quote == '"' ? read_double_quoted() : read_single_quoted())) return false;
    argument = {storage_ + start, out_ - start};
    return true;
  }

 private:
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < line_.size() ? line_[at_ + ahead] : '\0';
  }
  void put(char c) { storage_[out_++] = c; }

  bool close_quote() {
    ++at_;
    return peek() == '\0' || is_blank(peek());
  }

  bool read_double_quoted() {
    for (; peek() != '\0'; ++at_) {
      const char c = peek();
      if (c == '"') return close_quote();
      if (c == '\\' && peek(1) == 'x' && hex_value(peek(2)) >= 0 && hex_value(peek(3)) >= 0) {
        put(static_cast<char>(hex_value(peek(2)) * 16 + hex_value(peek(3))));
        at_ += 3;
      } else if (c == '\\' && peek(1) != '\0') {
        ++at_;
        put(unescape(peek()));
      } else {
        put(c);
      }
    }
    return false;
  }

  bool read_single_quoted() {
    for (; peek() != '\0'; ++at_) {
      if (peek() == '\'') return close_quote();
      if (peek() == '\\' && peek(1) == '\'') ++at_;
      put(peek());
    }
    return false;
  }

  std::string_view line_;
  char* storage_;
  std::size_t at_ = 0;
  std::size_t out_ = 0;
};

}  // namespace

bool has_quotes(std::string_view line) {
  return std::any_of(line.begin(), line.end(), [](char c) { return c == '"' || c == '\''; });
}

bool split_inline_command(std::string_view line, char* storage,
                          std::vector<std::string_view>& arguments) {
  const std::size_t first = arguments.size();
  Splitter splitter(line, storage);
  std::string_view argument;
  while (splitter.skip_blanks()) {
    if (!splitter.read(argument)) {
      arguments.resize(first);
      return false;
    }
    arguments.push_back(argument);
  }
  return true;
}

}  // namespace weir::codec
