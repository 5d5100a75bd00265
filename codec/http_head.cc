#include "codec/http_head.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "codec/http_text.h"

namespace weir::codec {

namespace {

using http_text::kDigit;
using http_text::kHex;
using http_text::kRegName;
using http_text::kTarget;

constexpr std::array<std::string_view, kHttpMethods> kMethodNames = {
    "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"};

// The longest method, the blanks, the version, the line's end.
constexpr std::size_t kAroundTarget = 7 + 1 + 1 + 8 + 2;

// A length is compared and added to: none comes near 2^64.
constexpr std::uint64_t kMaxLength = std::uint64_t{1} << 62;

// "name", "name:port", "1.2.3.4:80", "[::1]:80"; or nothing at all (RFC 9112, 3.2).
bool is_host(std::string_view host) {
  std::size_t end = 0;
  if (!host.empty() && host.front() == '[') {
    end = host.find(']');
    if (end == std::string_view::npos || end < 3) return false;
    for (const char c : host.substr(1, end - 1)) {
      if (!has_class(c, kHex) && c != ':' && c != '.') return false;
    }
    ++end;
  } else {
    end = std::min(host.find(':'), host.size());
    if (!all_of_class(host.substr(0, end), kRegName)) return false;
  }
  if (end == host.size()) return true;
  const std::string_view port = host.substr(end);
  return port.front() == ':' && port.size() <= 6 && all_of_class(port.substr(1), kDigit);
}

}  // namespace

std::string_view http_method_name(HttpMethod method) {
  return kMethodNames[static_cast<std::size_t>(method)];
}

std::string_view HttpHead::query() const {
  const std::string_view whole = target();
  const std::size_t mark = whole.find('?');
  return mark == std::string_view::npos ? std::string_view() : whole.substr(mark + 1);
}

std::string_view HttpHead::find(std::string_view name) const {
  for (const Place& place : fields_) {
    if (place.name.size == name.size() && equals_ignoring_case(view(place.name), name)) {
      return view(place.value);
    }
  }
  return {};
}

void HttpHead::reset() {
  std::vector<Place> room = std::move(fields_);
  room.clear();
  *this = HttpHead();
  fields_ = std::move(room);
}

bool HttpHead::scan(std::string_view unread, const HttpLimits& limits) {
  bytes_ = unread.data();
  std::string_view line;
  while (!fault_) {
    const HttpLines::Found found = lines_.next(unread, line);
    if (!check_size(lines_.scanned(), limits) || found == HttpLines::Found::kNone) return false;
    if (found == HttpLines::Found::kBareLf) return fail({400, "a line that ends in a bare LF"});
    if (line.empty() && has_request_line_) return finish();
    if (!add_line(line, limits)) return false;
  }
  return false;
}

HttpHead::Range HttpHead::range(std::string_view part) const {
  return {static_cast<std::uint16_t>(part.data() - bytes_),
          static_cast<std::uint16_t>(part.size())};
}

bool HttpHead::fail(const HttpFault& fault) {
  fault_ = fault;
  return false;
}

// Of the bytes up to where a line ends, or may still end.
bool HttpHead::check_size(std::size_t size, const HttpLimits& limits) {
  if (!has_request_line_ && size > limits.max_target + kAroundTarget) {
    return fail({414, "a target that is too long"});
  }
  return size <= limits.max_head || fail({431, "a head that is too long"});
}

bool HttpHead::add_line(std::string_view line, const HttpLimits& limits) {
  if (!has_request_line_) {
    has_request_line_ = true;
    return take_request_line(line, limits);
  }
  if (fields_.size() == limits.max_fields) return fail({431, "too many header fields"});
  return take_field(line);
}

bool HttpHead::take_request_line(std::string_view line, const HttpLimits& limits) {
  const std::size_t first = line.find(' ');
  const std::size_t second = line.find(' ', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos) {
    return fail({400, "a request line without method, target and version"});
  }
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, second - first - 1);
  if (!is_token(method)) return fail({400, "a method that is no token"});
  if (target.size() > limits.max_target) return fail({414, "a target that is too long"});
  if (target.empty() || !all_of_class(target, kTarget)) {
    return fail({400, "a target with bytes that belong in none"});
  }
  if (!take_version(line.substr(second + 1))) return false;
  const auto* known = std::find(kMethodNames.begin(), kMethodNames.end(), method);
  if (known == kMethodNames.end()) return fail({501, "a method that is not known here"});
  method_ = static_cast<HttpMethod>(known - kMethodNames.begin());
  return take_target(target);
}

bool HttpHead::take_version(std::string_view version) {
  if (version == "HTTP/1.1") return true;
  if (version == "HTTP/1.0") {
    minor_version_ = 0;
    return true;
  }
  const bool other = version.size() == 8 && version.starts_with("HTTP/") &&
                     has_class(version[5], kDigit) && version[6] == '.' &&
                     has_class(version[7], kDigit);
  return other ? fail({505, "a version other than 1.0 and 1.1"})
               : fail({400, "a request line that ends in no version"});
}

bool HttpHead::take_target(std::string_view target) {
  target_ = range(target);
  if (target.front() == '/') return true;
  if (target == "*")
    return method_ == HttpMethod::kOptions || fail({400, "* is for OPTIONS alone"});
  return take_absolute(target);
}

// The form that proxies are sent, and that everybody understands (RFC 9112, 3.2.2).
bool HttpHead::take_absolute(std::string_view target) {
  const std::size_t colon = target.find("://");
  if (colon == std::string_view::npos || colon == 0) {
    return fail({400, "a target that is neither a path nor a URI"});
  }
  if (!equals_ignoring_case(target.substr(0, colon), "http")) {
    return fail({421, "a scheme that is not served here"});
  }
  const std::string_view rest = target.substr(colon + 3);
  const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
  const std::string_view authority = rest.substr(0, end);
  if (authority.empty() || !is_host(authority)) return fail({400, "an authority that is none"});
  if (end < rest.size() && rest[end] == '?') return fail({400, "a query without a path"});
  authority_ = range(authority);
  target_ = range(rest.substr(end));
  return true;
}

bool HttpHead::take_field(std::string_view line) {
  HttpField field;
  const HttpFault fault = split_field(line, field);
  if (fault) return fail(fault);
  fields_.push_back({range(field.name), range(field.value)});
  return note_field(field.name, field.value);
}

// Those that say where the request ends, or whether it may be answered at all.
bool HttpHead::note_field(std::string_view name, std::string_view value) {
  switch (name.size()) {
    case 4:
      return !equals_ignoring_case(name, "host") || note_host(value);
    case 6:
      if (!equals_ignoring_case(name, "expect")) return true;
      (equals_ignoring_case(value, "100-continue") ? expects_continue_ : expects_more_) = true;
      return true;
    case 14:
      return !equals_ignoring_case(name, "content-length") || note_length(value);
    case 17:
      return !equals_ignoring_case(name, "transfer-encoding") || note_coding(value);
    default:
      return true;
  }
}

bool HttpHead::note_host(std::string_view value) {
  if (has_host_) return fail({400, "a second Host"});
  if (!is_host(value)) return fail({400, "a Host that is none"});
  has_host_ = true;
  host_ = range(value);
  return true;
}

// Leading zeros are refused: somebody may read them as octal.
bool HttpHead::note_length(std::string_view value) {
  if (has_length_) return fail({400, "a second Content-Length"});
  const bool plain = !value.empty() && all_of_class(value, kDigit);
  if (!plain || (value.size() > 1 && value.front() == '0')) {
    return fail({400, "a Content-Length that is no plain number"});
  }
  const auto parsed = std::from_chars(value.data(), value.data() + value.size(), content_length_);
  if (parsed.ec != std::errc() || content_length_ > kMaxLength) {
    return fail({413, "a Content-Length beyond all bounds"});
  }
  has_length_ = true;
  body_ = content_length_ > 0 ? Body::kLength : Body::kNone;
  return true;
}

bool HttpHead::note_coding(std::string_view value) {
  if (has_coding_) return fail({400, "a second Transfer-Encoding"});
  has_coding_ = true;
  body_ = Body::kChunked;
  if (equals_ignoring_case(value, "chunked")) return true;
  const std::size_t comma = value.rfind(',');
  const bool last = comma == std::string_view::npos;
  const std::string_view final_coding = last ? value : trim_blanks(value.substr(comma + 1));
  const std::string_view first = trim_blanks(value.substr(0, value.find(',')));
  if (is_token(first) && !equals_ignoring_case(first, "chunked") &&
      (last || equals_ignoring_case(final_coding, "chunked"))) {
    return fail({501, "a transfer coding that is not known here"});
  }
  return fail({400, "a Transfer-Encoding that does not end in one chunked"});
}

bool HttpHead::finish() {
  if (authority_.size > 0 && has_host_ && !equals_ignoring_case(view(authority_), view(host_))) {
    return fail({400, "a Host that is not its target's"});
  }
  if (minor_version_ == 1 && !has_host_) return fail({400, "no Host"});
  if (has_coding_ && minor_version_ == 0) return fail({400, "a Transfer-Encoding in HTTP/1.0"});
  if (has_coding_ && has_length_) return fail({400, "a Content-Length beside a Transfer-Encoding"});
  if (minor_version_ == 0) {
    expects_continue_ = false;
    const bool has_body = method_ == HttpMethod::kPost || method_ == HttpMethod::kPut;
    if (has_body && !has_length_) return fail({411, "a body without a length in HTTP/1.0"});
  } else if (expects_more_) {
    return fail({417, "an expectation other than 100-continue"});
  }
  return true;
}

}  // namespace weir::codec
