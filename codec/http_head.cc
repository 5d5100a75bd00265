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

// "[::1]", without what follows it; 0 where it is none.
std::size_t ip_literal(std::string_view host) {
  const std::size_t end = host.find(']');
  if (end == std::string_view::npos || end < 3) return 0;
  for (const char c : host.substr(1, end - 1)) {
    if (!has_class(c, kHex) && c != ':' && c != '.') return 0;
  }
  return end + 1;
}

// "name", "name:port", "1.2.3.4:80", "[::1]:80"; or nothing at all (RFC 9112, 3.2).
bool is_host(std::string_view host) {
  constexpr std::size_t kPort = 5;  // digits
  std::size_t end = host.size();
  while (end > 0 && host.size() - end < kPort && has_class(host[end - 1], kDigit)) --end;
  end = end > 0 && host[end - 1] == ':' ? end - 1 : host.size();
  const std::string_view name = host.substr(0, end);
  if (name.starts_with('[')) return ip_literal(name) == name.size();
  return all_of_class(name, kRegName);
}

// The number of known methods where it is none.
std::size_t method_of(std::string_view name) {
  if (equals(name, "GET")) return 0;
  const auto* known = std::find(kMethodNames.begin(), kMethodNames.end(), name);
  return static_cast<std::size_t>(known - kMethodNames.begin());
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
  lines_ = {};
  fields_.clear();
  target_ = host_ = authority_ = {};
  fault_ = {};
  facts_ = {};
}

bool HttpHead::scan(std::string_view unread, const HttpLimits& limits) {
  bytes_ = unread.data();
  std::string_view line;
  while (!fault_) {
    const HttpLines::Found found = lines_.next(unread, line);
    if (!check_size(lines_.scanned(), limits) || found == HttpLines::Found::kNone) return false;
    if (found == HttpLines::Found::kBareLf) return fail({400, "a line that ends in a bare LF"});
    if (found == HttpLines::Found::kControl) return fail({400, "a control character in the head"});
    if (line.empty() && facts_.has_request_line) return finish();
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
  if (!facts_.has_request_line && size > limits.max_target + kAroundTarget) {
    return fail({414, "a target that is too long"});
  }
  return size <= limits.max_head || fail({431, "a head that is too long"});
}

bool HttpHead::add_line(std::string_view line, const HttpLimits& limits) {
  if (!facts_.has_request_line) {
    facts_.has_request_line = true;
    return take_request_line(line, limits);
  }
  if (fields_.size() == limits.max_fields) return fail({431, "too many header fields"});
  return take_field(line);
}

bool HttpHead::take_request_line(std::string_view line, const HttpLimits& limits) {
  const std::size_t first = equals(line.substr(0, 4), "GET ") ? 3 : line.find(' ');
  if (first == std::string_view::npos) return fail({400, "a request line of one word"});
  const std::string_view method = line.substr(0, first);
  if (!is_token(method)) return fail({400, "a method that is no token"});
  std::size_t second = first + 1;
  while (second < line.size() && has_class(line[second], kTarget)) ++second;
  const std::string_view target = line.substr(first + 1, second - first - 1);
  if (target.size() > limits.max_target) return fail({414, "a target that is too long"});
  if (target.empty()) return fail({400, "a request line without a target"});
  if (second == line.size()) return fail({400, "a request line without a version"});
  if (line[second] != ' ') return fail({400, "a target with bytes that belong in none"});
  if (!take_version(line.substr(second + 1))) return false;
  const std::size_t known = method_of(method);
  if (known == kHttpMethods) return fail({501, "a method that is not known here"});
  facts_.method = static_cast<HttpMethod>(known);
  return take_target(target);
}

bool HttpHead::take_version(std::string_view version) {
  if (equals(version, "HTTP/1.1")) return true;
  if (equals(version, "HTTP/1.0")) {
    facts_.minor_version = 0;
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
  if (equals(target, "*"))
    return facts_.method == HttpMethod::kOptions || fail({400, "* is for OPTIONS alone"});
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
      return !is_name(name, "host") || note_host(value);
    case 6:
      if (!is_name(name, "expect")) return true;
      (equals_ignoring_case(value, "100-continue") ? facts_.expects_continue
                                                   : facts_.expects_more) = true;
      return true;
    case 10:
      return !is_name(name, "connection") || note_connection(value);
    case 14:
      return !is_name(name, "content-length") || note_length(value);
    case 17:
      return !is_name(name, "transfer-encoding") || note_coding(value);
    default:
      return true;
  }
}

bool HttpHead::note_host(std::string_view value) {
  if (facts_.has_host) return fail({400, "a second Host"});
  if (!is_host(value)) return fail({400, "a Host that is none"});
  facts_.has_host = true;
  host_ = range(value);
  return true;
}

// Leading zeros are refused: somebody may read them as octal.
bool HttpHead::note_length(std::string_view value) {
  if (facts_.has_length) return fail({400, "a second Content-Length"});
  const bool plain = !value.empty() && all_of_class(value, kDigit);
  if (!plain || (value.size() > 1 && value.front() == '0')) {
    return fail({400, "a Content-Length that is no plain number"});
  }
  const auto parsed = std::from_chars(value.data(), value.data() + value.size(), content_length_);
  if (parsed.ec != std::errc() || content_length_ > kMaxLength) {
    return fail({413, "a Content-Length beyond all bounds"});
  }
  facts_.has_length = true;
  facts_.body = content_length_ > 0 ? Body::kLength : Body::kNone;
  return true;
}

bool HttpHead::note_coding(std::string_view value) {
  if (facts_.has_coding) return fail({400, "a second Transfer-Encoding"});
  facts_.has_coding = true;
  facts_.body = Body::kChunked;
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

// Options that are no tokens say nothing.
bool HttpHead::note_connection(std::string_view value) {
  while (!value.empty()) {
    const std::string_view option = take_element(value);
    facts_.closes = facts_.closes || is_name(option, "close");
    facts_.keeps = facts_.keeps || is_name(option, "keep-alive");
  }
  return true;
}

bool HttpHead::finish() {
  if (authority_.size > 0 && facts_.has_host &&
      !equals_ignoring_case(view(authority_), view(host_))) {
    return fail({400, "a Host that is not its target's"});
  }
  if (facts_.minor_version == 1 && !facts_.has_host) return fail({400, "no Host"});
  if (facts_.has_coding && facts_.minor_version == 0)
    return fail({400, "a Transfer-Encoding in HTTP/1.0"});
  if (facts_.has_coding && facts_.has_length)
    return fail({400, "a Content-Length beside a Transfer-Encoding"});
  if (facts_.minor_version == 0) {
    facts_.expects_continue = false;
    const bool has_body = facts_.method == HttpMethod::kPost || facts_.method == HttpMethod::kPut;
    if (has_body && !facts_.has_length) return fail({411, "a body without a length in HTTP/1.0"});
  } else if (facts_.expects_more) {
    return fail({417, "an expectation other than 100-continue"});
  }
  return true;
}

}  // namespace weir::codec
