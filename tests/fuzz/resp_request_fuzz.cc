// The same bytes, whole (the fast scan), byte by byte (hiredis) and cut at random, give the same
// requests and the same error. The first byte chooses the limits, the second seeds the cuts.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string_view>
#include <vector>

#include "codec/request_transcript.h"
#include "codec/resp_limits.h"

namespace {

weir::codec::RequestLimits choose_limits(std::uint8_t choice) {
  weir::codec::RequestLimits limits;
  limits.unauthenticated = (choice & 1) != 0;
  if ((choice & 2) != 0) limits.max_bulk_bytes = 12;
  if ((choice & 4) != 0) limits.max_arguments = 4;
  if ((choice & 8) != 0) limits.max_request_bytes = 48;
  return limits;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  const weir::codec::RequestLimits limits = choose_limits(data[0]);
  const weir::codec::RequestTranscript whole = weir::codec::transcribe_whole(bytes, limits);
  if (weir::codec::transcribe_bytes(bytes, limits) != whole) std::abort();
  std::minstd_rand random(data[1]);
  for (const std::size_t longest : {3u, 17u, 64u}) {
    std::vector<std::size_t> cuts;
    for (std::size_t at = random() % longest; at < bytes.size(); at += 1 + random() % longest) {
      cuts.push_back(at);
    }
    if (weir::codec::transcribe(bytes, cuts, limits) != whole) std::abort();
  }
  return 0;
}
