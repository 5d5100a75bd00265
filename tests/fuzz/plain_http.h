// HTTP/1 requests read plainly: no policy, no state, for requests that are known to be fine.
#pragma once

#include <string_view>
#include <vector>

#include "codec/http_transcript.h"

namespace weir::codec {

// The requests that `bytes` begins with, `count` of them; the last may lack a part of its body.
// Without keep_alive, which is not looked at.
std::vector<HttpTranscript::Request> read_plainly(std::string_view bytes, std::size_t count);

}  // namespace weir::codec
