// What a frame costs, of 16 B, 256 B and 16 KiB, a stream of 64 KiB at a time: whole, and as it
// comes off a network, in pieces of 1460 bytes. And what a stream without an end costs a byte, when
// it comes byte by byte and in pieces of 4 KiB: the same, however much there is. items: frames.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "codec/delimiter.h"
#include "codec/fixed_length.h"
#include "codec/length_field.h"
#include "codec/line.h"

namespace weir::codec {
namespace {

constexpr std::size_t kStreamBytes = 64 * 1024;
constexpr std::size_t kPieceBytes = 1460;

struct LineCase {
  static Line make(std::size_t) { return Line(); }
};
template <int kDelimiters>
struct DelimiterCase {
  static Delimiter make(std::size_t) {
    Delimiter::Options options{.delimiters = {"\r\n"}};
    if (kDelimiters > 1) options.delimiters.insert(options.delimiters.end(), {";;", "\1"});
    return Delimiter::make(options).value();
  }
};
struct FixedLengthCase {
  static FixedLength make(std::size_t frame) {
    return FixedLength::make(static_cast<std::uint32_t>(frame)).value();
  }
};
template <LengthField::Format format, std::uint8_t width>
struct LengthFieldCase {
  static LengthField make(std::size_t) {
    return LengthField::make({.format = format, .width = width}).value();
  }
};
using Big4 = LengthFieldCase<LengthField::Format::kBigEndian, 4>;
using Varint = LengthFieldCase<LengthField::Format::kVarint, 0>;

// `frame` bytes each, what the codec adds counted.
template <class Codec>
std::string make_stream(const Codec& codec, std::size_t frame) {
  std::string stream;
  const auto write = [&stream](std::string_view bytes) { stream += bytes; };
  std::size_t payload = frame;
  while (stream.size() != frame) {
    stream.clear();
    if (!codec.encode(std::string(payload, 'x'), write).is_ok()) break;
    --payload;
  }
  const std::string one = stream;
  while (stream.size() + frame <= kStreamBytes) stream += one;
  return stream;
}

// The frames at the front of `unread`, which loses them.
template <class Codec>
std::size_t take_frames(Codec& codec, std::string_view& unread) {
  std::size_t frames = 0;
  for (;;) {
    const auto step = codec.next(unread);
    unread.remove_prefix(step.consumed);
    if (step.outcome != Outcome::kFrame) return frames;
    benchmark::DoNotOptimize(step.frame.data());
    ++frames;
  }
}

// The stream arrives `piece` bytes at a time.
template <class Case>
void decode(benchmark::State& state, std::size_t piece) {
  const auto size = static_cast<std::size_t>(state.range(0));
  auto codec = Case::make(size);
  const std::string stream = make_stream(codec, size);
  std::size_t frames = 0;
  for (auto _ : state) {
    std::size_t begin = 0;
    for (std::size_t end = 0; end < stream.size();) {
      end = std::min(end + piece, stream.size());
      std::string_view unread(stream.data() + begin, end - begin);
      frames += take_frames(codec, unread);
      begin = end - unread.size();
    }
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(frames));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(stream.size()));
}

template <class Case>
void whole(benchmark::State& state) {
  decode<Case>(state, kStreamBytes);
}
template <class Case>
void pieces(benchmark::State& state) {
  decode<Case>(state, kPieceBytes);
}

#define WEIR_FRAMES(Case)                                         \
  BENCHMARK_TEMPLATE(whole, Case)->Arg(16)->Arg(256)->Arg(16384); \
  BENCHMARK_TEMPLATE(pieces, Case)->Arg(16)->Arg(256)->Arg(16384)
WEIR_FRAMES(LineCase);
WEIR_FRAMES(DelimiterCase<1>);
WEIR_FRAMES(DelimiterCase<3>);
WEIR_FRAMES(FixedLengthCase);
WEIR_FRAMES(Big4);
WEIR_FRAMES(Varint);
#undef WEIR_FRAMES

// range(1) bytes in pieces of range(0), none of which ends a frame.
template <class Codec>
void no_end(benchmark::State& state, const Codec& codec) {
  const std::string stream(static_cast<std::size_t>(state.range(1)), '\r');
  const auto piece = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) {
    Codec fresh = codec;
    for (std::size_t end = piece; end <= stream.size(); end += piece) {
      benchmark::DoNotOptimize(fresh.next(std::string_view(stream).substr(0, end)));
    }
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(stream.size()));
}

constexpr std::uint32_t kNoEndBytes = 1 << 21;

void line_without_end(benchmark::State& state) {
  no_end(state, Line::make({.max_bytes = kNoEndBytes}).value());
}
void delimiter_without_end(benchmark::State& state) {
  no_end(state, Delimiter::make({.delimiters = {"\r\n", ";;"}, .max_bytes = kNoEndBytes}).value());
}
void length_field_without_end(benchmark::State& state) {
  no_end(state, LengthField::make({.max_bytes = kMaxFrameBytes}).value());
}

void pieces_and_sizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgsProduct({{1, 4096}, {1 << 14, 1 << 17, 1 << 20}});
}
BENCHMARK(line_without_end)->Apply(pieces_and_sizes);
BENCHMARK(delimiter_without_end)->Apply(pieces_and_sizes);
BENCHMARK(length_field_without_end)->Apply(pieces_and_sizes);

}  // namespace
}  // namespace weir::codec
