// What all frame decoders are: a map from unread input to a frame, a wish for more, or an error.
//
//   unread:  0 0 0 4 P I N G 0 0 0 ...
//                    |frame|      |-- not looked at yet
//            |-- consumed --|
//
// A codec is a value. Its make() checks the configuration, so a wrong one is found before there is
// a peer; a copy of it then lives in every connection and keeps, beside the configuration, a scan
// position or a count. It never copies or allocates, and looks at no byte twice: what arrives byte
// by byte costs as much as what arrives whole, and gives the same frames and errors.
//
// encode(payload, write) is the way back, where a codec has one: the same pieces in the same order,
// or an error and nothing written, where the other end would read something else.
//
// Values; one connection's copy belongs to one thread at a time.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace weir::codec {

enum class Outcome : std::uint8_t {
  kFrame,
  kNeedMore,
  kSkipped,  // a bad frame is left out, see error(); what follows it is decoded next
  kFailed,   // see error(); final: each further call gives it again
};

template <class Frame>
struct Step {
  Outcome outcome = Outcome::kNeedMore;
  // Bytes of the input that are done with, whatever the outcome. The next call's input begins with
  // what follows them.
  std::size_t consumed = 0;
  Frame frame{};  // kFrame: views of the input, or of what the decoder says
};

// Decoder: next() takes all unread input and finds at most one frame.
template <class T>
concept FrameDecoder = requires(T decoder, const T& constant, std::string_view unread) {
  typename T::Frame;
  { decoder.next(unread) } -> std::same_as<Step<typename T::Frame>>;
  { constant.error().message() } -> std::convertible_to<std::string>;
};

// What becomes of a stream with a frame in it that can't be taken.
enum class OnBadFrame : std::uint8_t {
  kFail,  // the stream ends there
  kSkip,  // it goes on with the next frame that can be found
};

// The largest maximum that a codec takes, in bytes.
inline constexpr std::uint32_t kMaxFrameBytes = 1 << 30;

// Of a configuration of `codec`, whose name begins the message.
Status check_max_bytes(std::string_view codec, std::uint64_t max_bytes);

// Why a frame was not taken.
struct FrameError {
  enum class Fault : std::uint8_t {
    kNone,
    kTooLong,          // more than `limit` bytes; `length` of them, 0 where no length was given
    kLengthTooLarge,   // a length of 2^63 or more, or one that the adjustment takes there
    kLengthNegative,   // the adjusted length ends before its own field does; `length` as it came
    kLengthMalformed,  // a variable-size length of more than `limit` bytes
    kNothingLeft,      // a frame of `length` bytes, of which `limit` are to be stripped
  };

  Fault fault = Fault::kNone;
  std::uint64_t length = 0;
  std::uint64_t limit = 0;

  bool operator==(const FrameError&) const = default;
  std::string message() const;
};

}  // namespace weir::codec
