// What it costs to decode a request, in one piece and in two, and to write a response.
#include <benchmark/benchmark.h>

#include <string>
#include <string_view>
#include <vector>

#include "codec/http_requests.h"
#include "codec/http_response.h"

namespace weir::codec {
namespace {

constexpr std::string_view kSmall =
    "GET /plaintext HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nConnection: keep-alive\r\n\r\n";
constexpr std::string_view kBrowser =
    "GET /wiki/Weir?action=view&section=3 HTTP/1.1\r\nHost: en.example.org\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
    "Accept: "
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n"
    "Accept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n"
    "Referer: https://en.example.org/wiki/Main_Page\r\nConnection: keep-alive\r\n"
    "Cookie: session=0123456789abcdef0123456789abcdef; theme=dark; consent=yes; last=1732600000\r\n"
    "Upgrade-Insecure-Requests: 1\r\nSec-Fetch-Dest: document\r\nSec-Fetch-Mode: navigate\r\n"
    "Sec-Fetch-Site: same-origin\r\nIf-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n";
constexpr std::string_view kPost =
    "POST /api/items HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nContent-Type: application/json\r\n"
    "Content-Length: 27\r\n\r\n{\"message\":\"Hello, World!\"}";
constexpr std::string_view kChunked =
    "POST /api/items HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nTransfer-Encoding: chunked\r\n\r\n"
    "1b\r\n{\"message\":\"Hello, World!\"}\r\n0\r\n\r\n";

void take_all(HttpRequests& codec, std::string_view unread) {
  for (;;) {
    const auto step = codec.next(unread);
    benchmark::DoNotOptimize(step.frame.body.data());
    if (step.outcome != Outcome::kFrame) return;
    unread.remove_prefix(step.consumed);
    const bool last = step.frame.last;
    codec.release();
    if (last) return;
  }
}

void decode(benchmark::State& state, std::string_view request) {
  const HttpLimits limits;
  HttpRequests codec(limits);
  for (auto _ : state) take_all(codec, request);
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * request.size()));
}
BENCHMARK_CAPTURE(decode, small, kSmall);
BENCHMARK_CAPTURE(decode, browser, kBrowser);
BENCHMARK_CAPTURE(decode, post, kPost);
BENCHMARK_CAPTURE(decode, chunked, kChunked);

void decode_cut(benchmark::State& state, std::string_view request) {
  const HttpLimits limits;
  HttpRequests codec(limits);
  for (auto _ : state) {
    codec.next(request.substr(0, request.size() / 2));
    take_all(codec, request);
  }
}
BENCHMARK_CAPTURE(decode_cut, small, kSmall);
BENCHMARK_CAPTURE(decode_cut, browser, kBrowser);

class VectorSink {
 public:
  VectorSink() : room_(64 * 1024) {}
  char* reserve(std::size_t n) {
    if (used_ + n > room_.size()) used_ = 0;
    return room_.data() + used_;
  }
  void commit(std::size_t n) { used_ += n; }
  void append(std::string_view bytes) {
    std::memcpy(reserve(bytes.size()), bytes.data(), bytes.size());
    commit(bytes.size());
  }

 private:
  std::vector<char> room_;
  std::size_t used_ = 0;
};

void write_small(benchmark::State& state) {
  VectorSink sink;
  const std::string date = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
  for (auto _ : state) {
    HttpReply reply;
    reply.date = date;
    reply.content_type = "text/plain";
    reply.length = 13;
    write_reply(sink, reply, "Hello, World!");
    benchmark::ClobberMemory();
  }
}
BENCHMARK(write_small);

}  // namespace
}  // namespace weir::codec
