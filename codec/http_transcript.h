// What an HttpRequests makes of a byte stream that arrives in pieces, for tests and fuzzing: two
// transcripts of the same bytes must be equal, however they were cut. Checks the decoder's contract
// on the way and aborts where it is broken.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/http_head.h"

namespace weir::codec {

struct HttpTranscript {
  struct Request {
    std::string method;
    std::string target;
    int minor_version = 0;
    std::vector<std::pair<std::string, std::string>> fields;
    std::string body;
    bool complete = false;
    bool keep_alive = false;
    std::string head;  // as it came

    bool operator==(const Request&) const = default;
  };

  std::vector<Request> requests;
  int fault = 0;  // the status
  std::string reason;

  bool operator==(const HttpTranscript&) const = default;
};

// In pieces of next_piece() bytes, at least one.
HttpTranscript transcribe_http(std::string_view bytes,
                               const std::function<std::size_t()>& next_piece,
                               const HttpLimits& limits = {});
HttpTranscript transcribe_http(std::string_view bytes, const HttpLimits& limits = {});

}  // namespace weir::codec
