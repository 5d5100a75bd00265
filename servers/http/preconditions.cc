#include "servers/http/preconditions.h"

#include <optional>

#include "codec/http_date.h"
#include "codec/http_text.h"

namespace weir::http {

namespace {

// Whether the list names `etag`; `weak` ones count where a weak comparison will do.
bool names(std::string_view list, std::string_view etag, bool weak) {
  if (codec::trim_blanks(list) == "*") return true;
  while (!list.empty()) {
    list = codec::trim_blanks(list);
    const bool is_weak = list.starts_with("W/");
    const std::string_view rest = is_weak ? list.substr(2) : list;
    if (rest.starts_with(etag) && (weak || !is_weak)) return true;
    const std::size_t open = list.find('"');
    const std::size_t close = list.find('"', open + 1);
    if (open == std::string_view::npos || close == std::string_view::npos) return false;
    const std::size_t comma = list.find(',', close);
    if (comma == std::string_view::npos) return false;
    list.remove_prefix(comma + 1);
  }
  return false;
}

// The same of all lines of that name: they are one list (RFC 9110, 5.3).
bool any_names(const codec::HttpHead& head, std::string_view field, std::string_view etag,
               bool weak) {
  for (std::size_t i = 0; i < head.fields(); ++i) {
    const codec::HttpField line = head.field(i);
    if (codec::equals_ignoring_case(line.name, field) && names(line.value, etag, weak)) return true;
  }
  return false;
}

}  // namespace

Verdict check_preconditions(const codec::HttpHead& head, const Validators& now) {
  const std::string_view if_match = head.find("If-Match");
  if (!if_match.empty()) {
    if (!any_names(head, "If-Match", now.etag, false)) return Verdict::kFailed;
  } else if (const auto since = codec::parse_http_date(head.find("If-Unmodified-Since"))) {
    if (now.modified_s > *since) return Verdict::kFailed;
  }
  const std::string_view if_none_match = head.find("If-None-Match");
  if (!if_none_match.empty()) {
    const bool has_it = any_names(head, "If-None-Match", now.etag, true);
    return has_it ? Verdict::kNotModified : Verdict::kSend;
  }
  const auto since = codec::parse_http_date(head.find("If-Modified-Since"));
  return since && now.modified_s <= *since ? Verdict::kNotModified : Verdict::kSend;
}

bool range_holds(const codec::HttpHead& head, const Validators& now) {
  const std::string_view if_range = head.find("If-Range");
  if (if_range.empty()) return true;
  if (if_range.front() == '"') return if_range == now.etag;
  const auto since = codec::parse_http_date(if_range);
  return since && now.modified_s == *since;
}

}  // namespace weir::http
