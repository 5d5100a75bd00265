#include "codec/http_transcript.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "codec/http_requests.h"

namespace weir::codec {

namespace {

void demand(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "http requests: %s\n", what);
  std::abort();
}

HttpTranscript::Request read_head(const HttpHead& head) {
  HttpTranscript::Request request;
  request.method = http_method_name(head.method());
  request.target = head.target();
  request.minor_version = head.minor_version();
  request.keep_alive = head.keep_alive();
  request.head = head.bytes();
  for (std::size_t i = 0; i < head.fields(); ++i) {
    request.fields.emplace_back(head.field(i).name, head.field(i).value);
  }
  return request;
}

void take(const HttpPiece& piece, HttpTranscript& transcript) {
  if (piece.head != nullptr) {
    demand(transcript.requests.empty() || transcript.requests.back().complete,
           "a head within a request");
    transcript.requests.push_back(read_head(*piece.head));
  }
  demand(!transcript.requests.empty() && !transcript.requests.back().complete,
         "a piece outside of a request");
  transcript.requests.back().body += piece.body;
  transcript.requests.back().complete = piece.last;
}

// Takes what there is; true where the stream goes on.
bool take_ready(HttpRequests& codec, std::string_view& unread, HttpTranscript& transcript) {
  for (;;) {
    const auto step = codec.next(unread);
    demand(step.consumed <= unread.size(), "consumed more than there was");
    switch (step.outcome) {
      case Outcome::kFrame:
        demand(step.consumed > 0, "a frame without progress");
        take(step.frame, transcript);
        codec.release();
        unread.remove_prefix(step.consumed);
        break;
      case Outcome::kNeedMore:
        unread.remove_prefix(step.consumed);
        demand(codec.next(unread).outcome == Outcome::kNeedMore, "found more of the same");
        return true;
      case Outcome::kFailed:
        demand(codec.next(unread).outcome == Outcome::kFailed, "a failure that was not final");
        transcript.fault = codec.error().status;
        transcript.reason = codec.error().reason;
        return false;
      case Outcome::kSkipped:
        demand(false, "skipped a request");
    }
  }
}

}  // namespace

HttpTranscript transcribe_http(std::string_view bytes,
                               const std::function<std::size_t()>& next_piece,
                               const HttpLimits& limits) {
  HttpTranscript transcript;
  HttpRequests codec(limits);
  std::string kept;
  while (!bytes.empty()) {
    const std::size_t size = std::min(std::max<std::size_t>(next_piece(), 1), bytes.size());
    const std::size_t total = kept.size() + size;
    // Memory of exactly that size: a sanitizer sees a read past it.
    const auto memory = std::make_unique<char[]>(total);
    std::copy(kept.begin(), kept.end(), memory.get());
    std::copy_n(bytes.data(), size, memory.get() + kept.size());
    bytes.remove_prefix(size);
    std::string_view unread(memory.get(), total);
    if (!take_ready(codec, unread, transcript)) return transcript;
    kept = unread;
  }
  return transcript;
}

HttpTranscript transcribe_http(std::string_view bytes, const HttpLimits& limits) {
  return transcribe_http(
      bytes, [&] { return bytes.size(); }, limits);
}

}  // namespace weir::codec
