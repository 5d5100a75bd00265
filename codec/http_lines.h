// The lines of a head or of trailers, each ended by CRLF and by nothing else, and the fields in
// them (RFC 9112, 2.2 and 5). Finds each line once, however slowly it comes.
//
// A value; one connection's belongs to one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
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
  enum class Found : std::uint8_t {
    kNone,
    kLine,
    kBareLf,
    kControl,  // a control character, or a CR without a LF behind it
  };

  // The next line, without its end; there are no control characters in it but tabs. `unread` begins
  // with the first line, and with the same bytes as before.
  Found next(std::string_view unread, std::string_view& line) {
    const char* const end = unread.data() + unread.size();
    const char* const at = find_control(unread.data() + scanned_, end);
    scanned_ = static_cast<std::size_t>(at - unread.data());
    // A CR at the end is looked at again, with what follows it.
    if (at == end || (*at == '\r' && at + 1 == end)) return Found::kNone;
    scanned_ += *at == '\r' ? 2 : 1;
    if (*at == '\n') return Found::kBareLf;
    if (*at != '\r' || at[1] != '\n') return Found::kControl;
    line = unread.substr(line_, scanned_ - 2 - line_);
    line_ = scanned_;
    return Found::kLine;
  }
  // Up to the end of what the last call has seen.
  std::size_t scanned() const { return scanned_; }

 private:
  std::size_t scanned_ = 0;
  std::size_t line_ = 0;  // where the line begins that is not whole yet
};

struct HttpField {
  std::string_view name;
  std::string_view value;  // without the blanks around it
};

// Takes a line apart. REQUIRES: not empty, and one of HttpLines.
inline HttpFault split_field(std::string_view line, HttpField& field) {
  if (line.front() == ' ' || line.front() == '\t') return {400, "a folded header field"};
  std::size_t colon = 0;
  while (colon < line.size() && has_class(line[colon], http_text::kToken)) ++colon;
  if (colon == 0 || colon == line.size() || line[colon] != ':') {
    return {400, "a header field without a proper name"};
  }
  field.name = {line.data(), colon};
  field.value = trim_blanks({line.data() + colon + 1, line.size() - colon - 1});
  return {};
}

}  // namespace weir::codec
