// What a request and a reply cost: ns per request on the fast path (a whole pipeline of 16 in the
// input) and on the slow one (each request cut once, so that hiredis parses it), and per reply.
#include <benchmark/benchmark.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "codec/resp_reply.h"
#include "codec/resp_request.h"

namespace weir::codec {
namespace {

constexpr std::size_t kPipeline = 16;

std::string encode(const std::vector<std::string>& arguments) {
  std::string bytes = "*" + std::to_string(arguments.size()) + "\r\n";
  for (const std::string& argument : arguments) {
    bytes += "$" + std::to_string(argument.size()) + "\r\n" + argument + "\r\n";
  }
  return bytes;
}

std::string get() { return encode({"GET", "key:000000000042"}); }
std::string set() { return encode({"SET", "key:000000000042", "xxx"}); }
std::string inline_ping() { return "PING\r\n"; }
std::string mset() {
  std::vector<std::string> arguments{"MSET"};
  for (int i = 0; i < 10; ++i) arguments.insert(arguments.end(), {"key:000000000042", "xxx"});
  return encode(arguments);
}

template <std::string (*make)()>
void fast_path(benchmark::State& state) {
  std::string pipeline;
  for (std::size_t i = 0; i < kPipeline; ++i) pipeline += make();
  RequestDecoder decoder;
  RequestDecoder::Arguments arguments;
  for (auto _ : state) {
    arguments.clear();
    std::string_view unread = pipeline;
    std::size_t consumed = 0;
    while (decoder.decode(unread, consumed, arguments) == RequestDecoder::Outcome::kRequest) {
      unread.remove_prefix(consumed);
    }
    benchmark::DoNotOptimize(arguments.data());
    benchmark::ClobberMemory();
    decoder.release();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kPipeline));
}
BENCHMARK(fast_path<get>);
BENCHMARK(fast_path<set>);
BENCHMARK(fast_path<mset>);
BENCHMARK(fast_path<inline_ping>);

template <std::string (*make)()>
void slow_path(benchmark::State& state) {
  const std::string request = make();
  const std::array<std::string_view, 2> pieces{
      std::string_view(request).substr(0, request.size() / 2),
      std::string_view(request).substr(request.size() / 2)};
  RequestDecoder decoder;
  RequestDecoder::Arguments arguments;
  for (auto _ : state) {
    arguments.clear();
    for (const std::string_view piece : pieces) {
      std::size_t consumed = 0;
      benchmark::DoNotOptimize(decoder.decode(piece, consumed, arguments));
    }
    benchmark::DoNotOptimize(arguments.data());
    benchmark::ClobberMemory();
    decoder.release();
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(slow_path<get>);
BENCHMARK(slow_path<set>);
BENCHMARK(slow_path<mset>);
BENCHMARK(slow_path<inline_ping>);

// A value of range(0) bytes that arrives 16 KiB at a time.
void large_value(benchmark::State& state) {
  constexpr std::size_t kPiece = 16 * 1024;
  const std::string request =
      encode({"SET", "k", std::string(static_cast<std::size_t>(state.range(0)), 'x')});
  RequestDecoder decoder;
  RequestDecoder::Arguments arguments;
  for (auto _ : state) {
    arguments.clear();
    for (std::size_t at = 0; at < request.size(); at += kPiece) {
      std::size_t consumed = 0;
      benchmark::DoNotOptimize(
          decoder.decode(std::string_view(request).substr(at, kPiece), consumed, arguments));
    }
    decoder.release();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(request.size()));
}
BENCHMARK(large_value)
    ->Arg(64 << 10)
    ->Arg(1 << 20)
    ->Arg(32 << 20)
    ->Arg(512 << 20)
    ->Unit(benchmark::kMillisecond);

// Room that is written over and over.
class RingSink {
 public:
  char* reserve(std::size_t n) {
    if (used_ + n > room_.size()) used_ = 0;
    return room_.data() + used_;
  }
  void commit(std::size_t n) { used_ += n; }
  void append(std::string_view bytes) {
    std::memcpy(reserve(bytes.size()), bytes.data(), bytes.size());
    commit(bytes.size());
  }
  const char* data() const { return room_.data(); }

 private:
  std::array<char, 16 * 1024> room_;
  std::size_t used_ = 0;
};

template <class Write>
void write_replies(benchmark::State& state, Write write) {
  RingSink sink;
  ReplyWriter<RingSink> writer(sink);
  for (auto _ : state) {
    for (std::size_t i = 0; i < kPipeline; ++i) write(writer);
    benchmark::DoNotOptimize(sink.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kPipeline));
}

void reply_ok(benchmark::State& state) {
  write_replies(state, [](auto& writer) { writer.simple_string("OK"); });
}
void reply_integer(benchmark::State& state) {
  std::int64_t value = 1'234'567;
  write_replies(state, [&](auto& writer) { writer.integer(++value); });
}
void reply_bulk(benchmark::State& state) {
  const std::string value(static_cast<std::size_t>(state.range(0)), 'x');
  write_replies(state, [&](auto& writer) { writer.bulk(value); });
}
void reply_null(benchmark::State& state) {
  write_replies(state, [](auto& writer) { writer.null(); });
}
void reply_double(benchmark::State& state) {
  double value = 0.1;
  write_replies(state, [&](auto& writer) { writer.double_(value += 1); });
}
BENCHMARK(reply_ok);
BENCHMARK(reply_integer);
BENCHMARK(reply_bulk)->Arg(3)->Arg(100)->Arg(4096);
BENCHMARK(reply_null);
BENCHMARK(reply_double);

}  // namespace
}  // namespace weir::codec
