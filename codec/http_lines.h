// The lines of a head or of trailers, each ended by CRLF and by nothing else, and the fields in
// them (RFC 9112, 2.2 and 5). Finds each line once, however slowly it comes.
//
// A value; one connection's belongs to one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "codec/http_text.h"

namespace weir::codec {

// Why a request is refused: the status of the answer, behind which the connection closes.
struct HttpFault {
  std::uint16_t status = 0;  // 0: none
  const char* reason = "";

  explicit operator bool() const { return status != 0; }
  std::string message() const { return std::to_string(status) + ": " + reason; }
};

class HttpLines {
 public:
  enum class Found : std::uint8_t { kNone, kLine, kBareLf };

  // The next line, without its end. `unread` begins with the first line, and with the same bytes as
  // before.
  Found next(std::string_view unread, std::string_view& line) {
    const char* from = unread.data() + scanned_;
    const void* end = std::memchr(from, '\n', unread.size() - scanned_);
    if (end == nullptr) {
      scanned_ = unread.size();
      return Found::kNone;
    }
    const std::size_t begin = line_;
    scanned_ = line_ = static_cast<std::size_t>(static_cast<const char*>(end) - unread.data()) + 1;
    line = unread.substr(begin, scanned_ - begin - 1);
    if (line.empty() || line.back() != '\r') return Found::kBareLf;
    line.remove_suffix(1);
    return Found::kLine;
  }
  // Up to the end of the last line that was found, or of the input that has no more.
  std::size_t scanned() const { return scanned_; }

 private:
  std::size_t scanned_ = 0;
  std::size_t line_ = 0;  // where the line begins that is not whole yet
};

struct HttpField {
  std::string_view name;
  std::string_view value;  // without the blanks around it
};

// Takes a line apart. REQUIRES: not empty.
inline HttpFault split_field(std::string_view line, HttpField& field) {
  if (line.front() == ' ' || line.front() == '\t') return {400, "a folded header field"};
  std::size_t colon = 0;
  while (colon < line.size() && has_class(line[colon], http_text::kToken)) ++colon;
  if (colon == 0 || colon == line.size() || line[colon] != ':') {
    return {400, "a header field without a proper name"};
  }
  field = {line.substr(0, colon), trim_blanks(line.substr(colon + 1))};
  if (!is_field_value(field.value)) return {400, "a control character in a header field"};
  return {};
}

}  // namespace weir::codec
