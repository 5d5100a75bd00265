#include "codec/resp_request.h"

#include <utility>

#include "codec/inline_command.h"
#include "codec/line.h"
#include "codec/resp_partial.h"

namespace weir::codec {
RequestDecoder::RequestDecoder(const RequestLimits& limits) { set_limits(limits); }
RequestDecoder::~RequestDecoder() = default;
RequestDecoder::RequestDecoder(RequestDecoder&&) noexcept = default;
RequestDecoder& RequestDecoder::operator=(RequestDecoder&&) noexcept = default;

RequestDecoder::Outcome RequestDecoder::decode(std::string_view unread, std::size_t& consumed,
                                               Arguments& arguments) {
  if (partial_ == nullptr && unread.starts_with('*') && error_.empty()) {
    consumed = scan_request(unread, bounds_, arguments);
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
      if (consumed > 0) used = scan_request(rest, bounds_, arguments);  // else it has been tried
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
