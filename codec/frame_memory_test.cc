// What the codecs allocate: nothing, however a stream arrives. And their sizes, as each connection
// has one.
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdlib>
#include <new>
#include <string>
#include <string_view>

#include "codec/delimiter.h"
#include "codec/fixed_length.h"
#include "codec/length_field.h"
#include "codec/line.h"

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

static_assert(sizeof(Line) <= 24);
static_assert(sizeof(Delimiter) <= 40);
static_assert(sizeof(FixedLength) <= 4);
static_assert(sizeof(LengthField) <= 64);

// Of frames, good and bad, in pieces of `piece` bytes; and of a copy for a new connection.
template <class Codec>
std::size_t allocated(const Codec& codec, std::string_view bytes, std::size_t piece) {
  const std::size_t before = allocations;
  Codec copy = codec;
  std::size_t begin = 0;
  for (std::size_t end = piece; end <= bytes.size(); end += piece) {
    for (auto outcome = Outcome::kFrame; outcome != Outcome::kNeedMore;) {
      const auto step = copy.next(bytes.substr(begin, end - begin));
      begin += step.consumed;
      outcome = step.outcome;
    }
  }
  std::size_t written = 0;
  const auto write = [&written](std::string_view part) { written += part.size(); };
  EXPECT_TRUE(copy.encode("0123456789", write).is_ok());
  EXPECT_GE(written, 10U);
  return allocations - before;
}

template <class Codec>
void expect_none(const Codec& codec, std::string_view bytes) {
  EXPECT_EQ(allocated(codec, bytes, 1), 0U);
  EXPECT_EQ(allocated(codec, bytes, bytes.size()), 0U);
}

TEST(FrameMemoryTest, CodecsAllocateNothing) {
  const std::string bytes = "one\r\ntwo\n" + std::string(500, 'x') + "\nthree\n";
  constexpr auto kSkip = OnBadFrame::kSkip;
  expect_none(Line::make({.max_bytes = 100, .on_bad_frame = kSkip}).value(), bytes);
  expect_none(Delimiter::make({.delimiters = {"\r\n", "\n", std::string(200, 'y')},
                               .max_bytes = 100,
                               .on_bad_frame = kSkip})
                  .value(),
              bytes);
  expect_none(FixedLength::make(10).value(), bytes);
  expect_none(LengthField::make({.width = 1, .max_bytes = 100, .on_bad_frame = kSkip}).value(),
              bytes);
}

}  // namespace
}  // namespace weir::codec
