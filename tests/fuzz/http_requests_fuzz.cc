// The same requests and the same fault wherever the bytes are cut; what a plain reader reads in
// those that are taken; and heads without a body that llhttp takes too, and ends at the same place.
// The first three bytes choose limits and the size of the pieces.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/http_text.h"
#include "codec/http_transcript.h"
#include "llhttp.h"
#include "tests/fuzz/choices.h"
#include "tests/fuzz/plain_http.h"

namespace {

using weir::codec::HttpTranscript;

void demand(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "http requests: %s\n", what);
  std::abort();
}

bool has_coding(const HttpTranscript::Request& request) {
  for (const auto& [name, value] : request.fields) {
    if (weir::codec::equals_ignoring_case(name, "transfer-encoding")) return true;
  }
  return false;
}

int on_headers_complete(llhttp_t* parser) {
  parser->upgrade = 0;
  return HPE_OK;
}

int on_message_complete(llhttp_t* parser) {
  *static_cast<bool*>(parser->data) = llhttp_should_keep_alive(parser) != 0;
  return HPE_PAUSED;
}

// It keeps a connection that says both "close" and "keep-alive" in HTTP/1.0.
void ask_llhttp(const HttpTranscript::Request& request) {
  llhttp_settings_t settings;
  llhttp_settings_init(&settings);
  settings.on_headers_complete = on_headers_complete;
  settings.on_message_complete = on_message_complete;
  llhttp_t parser;
  llhttp_init(&parser, HTTP_REQUEST, &settings);
  bool keep_alive = false;
  parser.data = &keep_alive;
  const llhttp_errno_t error = llhttp_execute(&parser, request.head.data(), request.head.size());
  demand(error == HPE_PAUSED, "a head that llhttp refuses, or expects a body behind");
  demand(llhttp_get_error_pos(&parser) == request.head.data() + request.head.size(),
         "a head that ends elsewhere");
  demand(keep_alive == request.keep_alive || (keep_alive && request.minor_version == 0),
         "a connection that would be kept");
}

// Of the last one a fault may have kept the end from being read.
void compare(HttpTranscript found, std::string_view bytes) {
  std::vector<HttpTranscript::Request> plain =
      weir::codec::read_plainly(bytes, found.requests.size());
  for (std::size_t i = 0; i < plain.size(); ++i) {
    HttpTranscript::Request& request = found.requests[i];
    if (request.complete && request.body.empty() && !has_coding(request)) ask_llhttp(request);
    request.head.clear();
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
