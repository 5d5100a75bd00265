#include "codec/request_transcript.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <numeric>

#include "codec/resp_request.h"

namespace weir::codec {
namespace {

void require(bool holds, const char* contract) {
  if (holds) return;
  std::fprintf(stderr, "RequestDecoder broke its contract: %s\n", contract);
  std::abort();
}

// Decodes one piece as one batch; false once the decoder has failed.
bool decode_piece(RequestDecoder& decoder, std::string_view piece, RequestTranscript& transcript) {
  using Outcome = RequestDecoder::Outcome;
  const std::vector<char> memory(piece.begin(), piece.end());
  std::string_view unread(memory.data(), memory.size());
  RequestDecoder::Arguments arguments;
  std::vector<std::size_t> ends;
  // Whether this goes first may make no difference: so it does with every other length.
  if (unread.size() % 2 == 0) {
    unread.remove_prefix(decoder.decode_canonical(unread, arguments, [&] {
      require(arguments.size() > (ends.empty() ? 0 : ends.back()), "a request has arguments");
      ends.push_back(arguments.size());
      return ends.size() % 8 != 0;
    }));
    require(arguments.size() == (ends.empty() ? 0 : ends.back()), "nothing else has arguments");
  }
  Outcome outcome = Outcome::kRequest;
  while (outcome == Outcome::kRequest) {
    std::size_t consumed = 0;
    const std::size_t first = arguments.size();
    outcome = decoder.decode(unread, consumed, arguments);
    require(consumed <= unread.size(), "consumed is at most the input");
    require((arguments.size() > first) == (outcome == Outcome::kRequest),
            "a request has arguments, another outcome has none");
    require(outcome != Outcome::kNeedMore || consumed == unread.size(),
            "needing more consumes all input");
    unread.remove_prefix(consumed);
    if (outcome == Outcome::kRequest) ends.push_back(arguments.size());
  }
  std::size_t first = 0;
  for (const std::size_t end : ends) {
    auto& request = transcript.requests.emplace_back();
    for (; first < end; ++first) request.emplace_back(arguments[first]);
  }
  decoder.release();
  require(decoder.has_partial() || decoder.memory_usage() == 0,
          "a decoder between requests holds no memory");
  return outcome != Outcome::kError;
}

}  // namespace

RequestTranscript transcribe(std::string_view bytes, std::span<const std::size_t> cuts,
                             const RequestLimits& limits) {
  RequestTranscript transcript;
  RequestDecoder decoder(limits);
  std::size_t from = 0;
  bool healthy = true;
  for (std::size_t i = 0; i <= cuts.size() && healthy; ++i) {
    const std::size_t to = i < cuts.size() ? std::min(cuts[i], bytes.size()) : bytes.size();
    healthy = decode_piece(decoder, bytes.substr(from, to - from), transcript);
    from = to;
  }
  transcript.error = decoder.error();
  transcript.partial = decoder.has_partial();
  return transcript;
}

RequestTranscript transcribe_whole(std::string_view bytes, const RequestLimits& limits) {
  return transcribe(bytes, {}, limits);
}

RequestTranscript transcribe_bytes(std::string_view bytes, const RequestLimits& limits) {
  std::vector<std::size_t> cuts(bytes.empty() ? 0 : bytes.size() - 1);
  std::iota(cuts.begin(), cuts.end(), std::size_t{1});
  return transcribe(bytes, cuts, limits);
}

}  // namespace weir::codec
