#include "codec/resp_request.h"

#include <cstring>
#include <utility>

#include "codec/inline_command.h"
#include "codec/line.h"
#include "codec/resp_partial.h"

namespace weir::codec {
namespace {

constexpr std::int64_t kMinArgumentBytes = 6;  // "$0\r\n\r\n"
constexpr std::int64_t kMinRequestBytes = 5;   // "*1\r\n" and more
constexpr int kMaxFastDigits = 9;              // more are left to the slow path

// A digit's value, or more than 9.
inline unsigned digit_of(char c) { return static_cast<unsigned char>(c) - unsigned{'0'}; }

inline bool is_line_end(const char* at) { return std::memcmp(at, "\r\n", 2) == 0; }

// Reads a canonical number and its "\r\n". Returns what follows, or null where it is anything else,
// or not whole. Numbers of one and two digits, which most are, take no loop.
// REQUIRES: four bytes or more before `end`.
inline const char* scan_length(const char* at, const char* end, std::int64_t& value) {
  const unsigned first = digit_of(at[0]);
  if (first > 9) return nullptr;
  value = first;
  if (is_line_end(at + 1)) return at + 3;
  const unsigned second = digit_of(at[1]);
  if (first == 0 || second > 9) return nullptr;
  value = first * 10 + second;
  if (is_line_end(at + 2)) return at + 4;
  const char* const last = end - at > kMaxFastDigits + 2 ? at + kMaxFastDigits : end - 2;
  for (at += 2; *at != '\r'; ++at) {
    const unsigned digit = digit_of(*at);
    if (digit > 9 || at >= last) return nullptr;
    value = value * 10 + digit;
  }
  return at[1] == '\n' ? at + 2 : nullptr;
}

// The fast path: appends the arguments of a request that is whole, canonical and within the limits,
// and returns its size. Returns 0, with nothing appended, for any other.
// REQUIRES: `unread` begins with '*'.
std::size_t scan_request(std::string_view unread, const RequestLimits& limits,
                         RequestDecoder::Arguments& arguments) {
  const char* at = unread.data();
  const char* const end = at + unread.size();
  std::int64_t count = 0;
  if (end - at < kMinRequestBytes) return 0;
  at = scan_length(at + 1, end, count);
  if (at == nullptr || count == 0 || count > limits.argument_limit()) return 0;
  // More arguments than the bytes there can hold: not whole.
  if (count * kMinArgumentBytes > end - at) return 0;
  const std::size_t first = arguments.size();
  const std::int64_t bulk_limit = limits.bulk_limit();
  for (; count > 0; --count) {
    std::int64_t length = 0;
    const bool has_header = end - at >= kMinArgumentBytes && *at == '$';
    const char* const payload = has_header ? scan_length(at + 1, end, length) : nullptr;
    if (payload == nullptr || length > bulk_limit || length + 2 > end - payload) {
      arguments.resize(first);
      return 0;
    }
    arguments.emplace_back(payload, static_cast<std::size_t>(length));
    at = payload + length + 2;  // as in Redis and hiredis, the line end is not looked at
  }
  const auto size = static_cast<std::size_t>(at - unread.data());
  if (size <= limits.max_request_bytes) return size;
  arguments.resize(first);
  return 0;
}

}  // namespace

RequestDecoder::RequestDecoder(const RequestLimits& limits) : limits_(limits) {}
RequestDecoder::~RequestDecoder() = default;
RequestDecoder::RequestDecoder(RequestDecoder&&) noexcept = default;
RequestDecoder& RequestDecoder::operator=(RequestDecoder&&) noexcept = default;

RequestDecoder::Outcome RequestDecoder::decode(std::string_view unread, std::size_t& consumed,
                                               Arguments& arguments) {
  if (partial_ == nullptr && unread.starts_with('*') && error_.empty()) {
    consumed = scan_request(unread, limits_, arguments);
    if (consumed > 0) return Outcome::kRequest;
  }
  return decode_slowly(unread, consumed, arguments);
}

// Goes on until there is a request, past empty ones.
RequestDecoder::Outcome RequestDecoder::decode_slowly(std::string_view unread,
                                                      std::size_t& consumed, Arguments& arguments) {
  consumed = 0;
  if (!error_.empty()) return Outcome::kError;
  const std::size_t first = arguments.size();
  while (consumed < unread.size()) {
    const std::string_view rest = unread.substr(consumed);
    std::size_t used = 0;
    Outcome outcome = Outcome::kRequest;
    if (partial_ != nullptr) {
      outcome = decode_partial(rest, used, arguments);
    } else if (rest.front() != '*') {
      outcome = decode_line(rest, used, arguments);
    } else {
      if (consumed > 0) used = scan_request(rest, limits_, arguments);  // else it has been tried
      if (used == 0) outcome = decode_partial(rest, used, arguments);
    }
    consumed += used;
    if (outcome != Outcome::kRequest || arguments.size() > first) return outcome;
  }
  return Outcome::kNeedMore;
}

// An inline command; a blank one is a request without arguments here.
RequestDecoder::Outcome RequestDecoder::decode_line(std::string_view unread, std::size_t& consumed,
                                                    Arguments& arguments) {
  const Step<std::string_view> step = Line().next(unread);
  if (step.outcome != codec::Outcome::kFrame ||
      step.consumed > RequestLimits::kMaxLineBytes + 1 ||  // a '\r' counts
      step.frame.find('\0') != std::string_view::npos) {   // which hides the '\n' from Redis
    return decode_partial(unread, consumed, arguments);
  }
  consumed = step.consumed;
  char* const storage = has_quotes(step.frame) ? held_.allocate(step.frame.size()) : nullptr;
  if (split_inline_command(step.frame, storage, arguments)) return Outcome::kRequest;
  return fail("ERR Protocol error: unbalanced quotes in request");
}

// The slow path. An empty request is one without arguments here.
RequestDecoder::Outcome RequestDecoder::decode_partial(std::string_view unread,
                                                       std::size_t& consumed,
                                                       Arguments& arguments) {
  if (partial_ == nullptr) partial_ = std::make_unique<PartialRequest>(unread.front());
  const PartialRequest::Outcome outcome = partial_->feed(unread, limits_, consumed);
  if (outcome == PartialRequest::Outcome::kNeedMore) return Outcome::kNeedMore;
  const std::unique_ptr<PartialRequest> partial = std::move(partial_);
  if (outcome == PartialRequest::Outcome::kError) return fail(partial->error());
  if (outcome == PartialRequest::Outcome::kRequest && !partial->take(arguments, held_)) {
    return fail("ERR Protocol error: unbalanced quotes in request");
  }
  return Outcome::kRequest;
}

RequestDecoder::Outcome RequestDecoder::fail(std::string error) {
  error_ = std::move(error);
  return Outcome::kError;
}

std::size_t RequestDecoder::memory_usage() const {
  return held_.memory_usage() + (partial_ == nullptr ? 0 : partial_->memory_usage());
}

}  // namespace weir::codec
