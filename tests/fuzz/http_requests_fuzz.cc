// The same requests and the same fault wherever the bytes are cut, and what a plain reader reads in
// those that are taken. The first three bytes choose limits and the size of the pieces.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/http_transcript.h"
#include "tests/fuzz/choices.h"
#include "tests/fuzz/plain_http.h"

namespace {

using weir::codec::HttpTranscript;

void demand(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "http requests: %s\n", what);
  std::abort();
}

// Of the last one a fault may have kept the end from being read.
void compare(HttpTranscript found, std::string_view bytes) {
  std::vector<HttpTranscript::Request> plain =
      weir::codec::read_plainly(bytes, found.requests.size());
  for (std::size_t i = 0; i < plain.size(); ++i) {
    HttpTranscript::Request& request = found.requests[i];
    request.keep_alive = false;
    if (found.fault != 0 && !request.complete) {
      demand(i + 1 == plain.size(), "a request that is not whole before another");
      plain[i].complete = false;
      demand(plain[i].body.starts_with(request.body), "another body");
      plain[i].body = request.body;
    }
    demand(request == plain[i], "another request than a plain reader's");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  weir::codec::Choices choices(data, size);
  weir::codec::HttpLimits limits;
  if (const std::uint8_t head = choices.next(); head > 0) limits.max_head = 64U + 4U * head;
  if (const std::uint8_t fields = choices.next(); fields > 0) limits.max_fields = fields;
  const std::size_t piece = 1 + choices.below(64);
  const std::string_view bytes = choices.rest();
  const HttpTranscript whole = weir::codec::transcribe_http(bytes, limits);
  for (const std::size_t step : {std::size_t{1}, piece}) {
    const auto next = [step] { return step; };
    demand(weir::codec::transcribe_http(bytes, next, limits) == whole, "another transcript");
  }
  compare(whole, bytes);
  return 0;
}
