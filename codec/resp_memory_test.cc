// What the decoder allocates: nothing for whole requests, and for others what arrived, never what
// was announced. Counts through operator new, and malloc (hiredis) through mallinfo2, which reads
// zero under AddressSanitizer; memory_usage() holds there too.
#include <gtest/gtest.h>
#include <malloc.h>

#include <cstddef>
#include <cstdlib>
#include <new>
#include <string>
#include <string_view>

#include "codec/resp_request.h"

namespace {

std::size_t allocations = 0;

}  // namespace

// Not inlined, or the compiler sees malloc meet delete in a test and warns.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  void* const memory = std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace weir::codec {
namespace {

using Outcome = RequestDecoder::Outcome;

std::size_t heap_in_use() {
  const struct mallinfo2 heap = mallinfo2();
  return heap.uordblks + heap.hblkhd;
}

Outcome decode(RequestDecoder& decoder, std::string_view bytes,
               RequestDecoder::Arguments& arguments) {
  std::size_t consumed = 0;
  return decoder.decode(bytes, consumed, arguments);
}

TEST(RequestMemoryTest, WholeRequestsAllocateNothing) {
  RequestDecoder decoder;
  RequestDecoder::Arguments arguments;
  arguments.reserve(32);
  const std::size_t before = allocations;
  const std::size_t heap = heap_in_use();
  for (int i = 0; i < 100; ++i) {
    arguments.clear();
    decode(decoder, "*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n", arguments);
    decode(decoder, "set key value\r\n", arguments);
    decode(decoder, "\r\n", arguments);
    decoder.release();
  }
  EXPECT_EQ(allocations, before);
  EXPECT_EQ(heap_in_use(), heap);
  EXPECT_EQ(arguments.size(), 5u);
}

TEST(RequestMemoryTest, AnnouncedSizesCostNothing) {
  for (const std::string_view announcement :
       {"*2147483647\r\n", "*1\r\n$536870912\r\n", "*2147483647\r\n$536870912\r\nabc"}) {
    const std::size_t heap = heap_in_use();
    RequestDecoder decoder;
    RequestDecoder::Arguments arguments;
    EXPECT_EQ(decode(decoder, announcement, arguments), Outcome::kNeedMore);
    EXPECT_LT(decoder.memory_usage(), 4096u);
    EXPECT_LT(heap_in_use(), heap + 4096);
  }
}

TEST(RequestMemoryTest, APartialValueCostsAtMostTwiceWhatArrived) {
  constexpr std::size_t kPiece = 16 * 1024;
  RequestDecoder decoder;
  RequestDecoder::Arguments arguments;
  ASSERT_EQ(decode(decoder, "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$67108864\r\n", arguments),
            Outcome::kNeedMore);
  const std::string piece(kPiece, 'x');
  int growths = 0;
  std::size_t held = decoder.memory_usage();
  for (std::size_t arrived = kPiece; arrived <= 64 * 1024 * 1024; arrived += kPiece) {
    ASSERT_EQ(decode(decoder, piece, arguments), Outcome::kNeedMore);
    const std::size_t now = decoder.memory_usage();
    ASSERT_LT(now, 2 * arrived + (2 << 20)) << arrived;
    growths += now != held ? 1 : 0;
    held = now;
  }
  EXPECT_LT(growths, 20);                     // geometric: copying stays linear
  EXPECT_LT(held, (64u << 20) + (2u << 20));  // the last growth goes no further than the value
  EXPECT_EQ(decode(decoder, "\r\n", arguments), Outcome::kRequest);
  EXPECT_EQ(arguments.at(2).size(), 64u << 20);
  EXPECT_LT(decoder.memory_usage(), (64u << 20) + 4096);
  decoder.release();
  EXPECT_EQ(decoder.memory_usage(), 0u);
}

TEST(RequestMemoryTest, ManyTinyArgumentsCostAFixedMultipleOfTheirBytes) {
  RequestDecoder decoder;
  RequestDecoder::Arguments arguments;
  ASSERT_EQ(decode(decoder, "*1000000\r\n", arguments), Outcome::kNeedMore);
  std::size_t arrived = 0;
  for (int i = 0; i < 100'000; ++i) {
    ASSERT_EQ(decode(decoder, "$0\r\n\r\n", arguments), Outcome::kNeedMore);
    arrived += 6;
  }
  EXPECT_LT(decoder.memory_usage(), 8 * arrived);
}

TEST(RequestMemoryTest, AnIdleDecoderHoldsNothing) {
  const std::size_t heap = heap_in_use();
  RequestDecoder decoder;
  RequestDecoder::Arguments arguments;
  arguments.reserve(8);
  for (const std::string_view piece : {"*1\r\n$4\r\nPI", "NG\r\n", "echo \"a", " b\"\r\n"}) {
    decode(decoder, piece, arguments);
  }
  EXPECT_EQ(arguments.size(), 3u);
  decoder.release();
  EXPECT_EQ(decoder.memory_usage(), 0u);
  EXPECT_LT(heap_in_use(), heap + 1024);  // the views' vector
  EXPECT_LT(sizeof(RequestDecoder), 128u);
}

}  // namespace
}  // namespace weir::codec
