#include "codec/resp_guard.h"

#include <charconv>
#include <optional>

namespace weir::codec {
namespace {

constexpr std::string_view kUnexpectedType = "expected '$', got";

// A canonical decimal: no '+', no leading zeros, no "-0", no blanks.
std::optional<std::int64_t> parse_length(std::string_view text) {
  const std::string_view digits = text.substr(text.starts_with('-') ? 1 : 0);
  if (digits.starts_with('0') && text != "0") return std::nullopt;
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, status] = std::from_chars(text.data(), end, value);
  if (status != std::errc{} || stop != end) return std::nullopt;
  return value;
}

}  // namespace

RequestGuard::Step RequestGuard::next(std::string_view input, const RequestLimits& limits) {
  return payload_left_ > 0 ? next_payload(input) : next_header(input, limits);
}

RequestGuard::Step RequestGuard::next_payload(std::string_view input) {
  const std::string_view bytes = input.substr(0, payload_left_);
  payload_left_ -= bytes.size();
  if (payload_left_ == 0) --arguments_left_;
  const bool complete = payload_left_ == 0 && arguments_left_ == 0;
  return {complete ? Outcome::kRequest : Outcome::kNeedMore, bytes.size(), bytes};
}

RequestGuard::Step RequestGuard::next_header(std::string_view input, const RequestLimits& limits) {
  for (std::size_t i = 0; i < input.size(); ++i) {
    const char c = input[i];
    if (saw_return_) return end_header(i + 1, limits);
    if (c == '\r' && !saw_nul_) {
      saw_return_ = true;
      continue;
    }
    saw_nul_ |= c == '\0';
    if (header_size_ < kMaxHeaderBytes) header_[header_size_] = c;
    if (++header_size_ > RequestLimits::kMaxLineBytes) {
      return fail(arguments_left_ == 0 ? "too big mbulk count string"
                                       : "too big bulk count string");
    }
  }
  return {Outcome::kNeedMore, input.size(), {}};
}

RequestGuard::Step RequestGuard::end_header(std::size_t consumed, const RequestLimits& limits) {
  request_bytes_ += header_size_ + 2;
  const Step step = arguments_left_ == 0 ? end_count(consumed, limits) : end_bulk(consumed, limits);
  if (step.outcome != Outcome::kError) {  // an error's text needs the header
    header_size_ = 0;
    saw_return_ = false;
  }
  return step;
}

RequestGuard::Step RequestGuard::end_count(std::size_t consumed, const RequestLimits& limits) {
  const auto count = header_size_ <= kMaxHeaderBytes ? parse_length({header_ + 1, header_size_ - 1})
                                                     : std::nullopt;
  if (!count || *count > limits.max_arguments) return fail("invalid multibulk length");
  if (*count > limits.argument_limit()) return fail("unauthenticated multibulk length");
  if (*count <= 0) return {Outcome::kEmpty, consumed, {}};
  arguments_left_ = *count;
  return {Outcome::kNeedMore, consumed, canonical_header()};
}

RequestGuard::Step RequestGuard::end_bulk(std::size_t consumed, const RequestLimits& limits) {
  if (header_size_ == 0 || header_[0] != '$') return fail(kUnexpectedType);
  const auto length = header_size_ <= kMaxHeaderBytes
                          ? parse_length({header_ + 1, header_size_ - 1})
                          : std::nullopt;
  if (!length || *length < 0 || *length > limits.max_bulk_bytes) {
    return fail("invalid bulk length");
  }
  if (*length > limits.bulk_limit()) return fail("unauthenticated bulk length");
  payload_left_ = static_cast<std::size_t>(*length) + 2;
  request_bytes_ += payload_left_;
  if (request_bytes_ > limits.max_request_bytes) return fail(RequestLimits::kTooBig);
  return {Outcome::kNeedMore, consumed, canonical_header()};
}

// The header just read with a line end of "\r\n", whatever its own was.
std::string_view RequestGuard::canonical_header() {
  header_[header_size_] = '\r';
  header_[header_size_ + 1] = '\n';
  return {header_, header_size_ + 2};
}

RequestGuard::Step RequestGuard::fail(std::string_view reason) {
  reason_ = reason;
  return {Outcome::kError, 0, {}};
}

std::string RequestGuard::error() const {
  std::string text = "ERR Protocol error: ";
  text += reason_;
  if (reason_ == kUnexpectedType) {
    const char got = header_size_ == 0 || header_[0] == '\n' ? ' ' : header_[0];
    text.append({' ', '\'', got, '\''});
  }
  return text;
}

}  // namespace weir::codec
