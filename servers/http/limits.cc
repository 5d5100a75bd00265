#include "servers/http/limits.h"

namespace weir::http {

namespace {

Result<std::int64_t> parse_timeout(std::string_view text) {
  auto parsed = parse_duration_ms(text);
  if (parsed.is_ok() && *parsed <= 0) return Status::error("expected a time above 0, as 10s");
  return parsed;
}

}  // namespace

void Limits::add_flags(FlagSet& flags) {
  flags.add("max-body", "BYTES", "the longest request body, by default 1mb; 413 beyond",
            assign(max_body, parse_bytes));
  flags.add("head-timeout", "TIME", "for a request's head, by default 10s; 408 beyond",
            assign(head_ms, parse_timeout));
  flags.add("keepalive-timeout", "TIME", "until the next request begins, by default 75s",
            assign(next_ms, parse_timeout));
  flags.add("body-timeout", "TIME",
            "for a request's body, by default 20s, and as long again if 500 bytes a second came",
            assign(body_ms, parse_timeout));
  flags.add("write-timeout", "TIME",
            "for a client to take a KiB of what waits for it, by default 30s",
            assign(write_ms, parse_timeout));
}

}  // namespace weir::http
