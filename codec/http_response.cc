#include "codec/http_response.h"

#include <array>
#include <memory>

#include "codec/http_text.h"

namespace weir::codec {

namespace {

struct Named {
  int status;
  std::string_view reason;
};

// RFC 9110, 15, and what the registry has beside it that a server here sends.
constexpr std::array kNamed = {
    Named{100, "Continue"},
    Named{101, "Switching Protocols"},
    Named{200, "OK"},
    Named{201, "Created"},
    Named{202, "Accepted"},
    Named{203, "Non-Authoritative Information"},
    Named{204, "No Content"},
    Named{205, "Reset Content"},
    Named{206, "Partial Content"},
    Named{300, "Multiple Choices"},
    Named{301, "Moved Permanently"},
    Named{302, "Found"},
    Named{303, "See Other"},
    Named{304, "Not Modified"},
    Named{307, "Temporary Redirect"},
    Named{308, "Permanent Redirect"},
    Named{400, "Bad Request"},
    Named{401, "Unauthorized"},
    Named{403, "Forbidden"},
    Named{404, "Not Found"},
    Named{405, "Method Not Allowed"},
    Named{406, "Not Acceptable"},
    Named{408, "Request Timeout"},
    Named{409, "Conflict"},
    Named{410, "Gone"},
    Named{411, "Length Required"},
    Named{412, "Precondition Failed"},
    Named{413, "Content Too Large"},
    Named{414, "URI Too Long"},
    Named{415, "Unsupported Media Type"},
    Named{416, "Range Not Satisfiable"},
    Named{417, "Expectation Failed"},
    Named{421, "Misdirected Request"},
    Named{422, "Unprocessable Content"},
    Named{426, "Upgrade Required"},
    Named{428, "Precondition Required"},
    Named{429, "Too Many Requests"},
    Named{431, "Request Header Fields Too Large"},
    Named{500, "Internal Server Error"},
    Named{501, "Not Implemented"},
    Named{502, "Bad Gateway"},
    Named{503, "Service Unavailable"},
    Named{504, "Gateway Timeout"},
    Named{505, "HTTP Version Not Supported"},
    Named{507, "Insufficient Storage"},
};

constexpr int kFirst = 100;
constexpr int kLast = 999;

// Made once, read by all threads.
class StatusLines {
 public:
  StatusLines() {
    for (int status = kFirst; status <= kLast; ++status) {
      lines_[static_cast<std::size_t>(status - kFirst)] =
          "HTTP/1.1 " + std::to_string(status) + " " + std::string(http_reason(status)) + "\r\n";
    }
  }
  std::string_view line(int status) const {
    const bool known = status >= kFirst && status <= kLast;
    return lines_[static_cast<std::size_t>((known ? status : 500) - kFirst)];
  }

 private:
  std::array<std::string, kLast - kFirst + 1> lines_;
};

}  // namespace

std::string_view http_reason(int status) {
  for (const Named& named : kNamed) {
    if (named.status == status) return named.reason;
  }
  return "";
}

std::string_view http_status_line(int status) {
  static const auto lines = std::make_unique<const StatusLines>();
  return lines->line(status);
}

void HttpFields::add(std::string_view name, std::string_view value) {
  if (!is_token(name)) return;
  lines_.append(name).append(": ");
  const std::size_t begin = lines_.size();
  lines_.append(trim_blanks(value));
  if (!is_field_value({lines_.data() + begin, lines_.size() - begin})) {
    for (std::size_t i = begin; i < lines_.size(); ++i) {
      if (!is_field_value({&lines_[i], 1})) lines_[i] = ' ';
    }
  }
  lines_.append("\r\n");
}

}  // namespace weir::codec
