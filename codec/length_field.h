// Frames that say how long they are.
//
//   offset 2, width 2, adjustment 0        strip_header
//   | magic | 0 5 | H E L L O |      ->    | H E L L O |
//
//   frame = offset + width of the field + value of the field + adjustment
//
// A frame with its type in front of the field, which the handler wants too, is not stripped:
// {offset 1, width 2} passes on | type | 0 5 | H E L L O |, and encode(payload, write, type) sends
// it.
//
// The adjustment is what the value does not count the way this codec does: -4 where it counts a
// 4-byte field itself, 1 where a byte behind the field is not counted. The value is a fixed number
// of bytes in either order, or of variable size: seven bits a byte, the lowest first, the top bit
// set in all but the last (Protocol Buffers' base 128 varint, at most ten bytes).
//
// What a bad length costs a stream that goes on (OnBadFrame::kSkip): a frame that is too long, or
// shorter than what is to be stripped, is left out whole; where the length itself makes no sense
// (2^63 and more, or a frame that ends before its field does) only its header is, as nobody can
// say where the next frame begins.
//
// A codec as codec/frame.h says.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/status.h"
#include "codec/frame.h"

namespace weir::codec {

class LengthField {
 public:
  using Frame = std::string_view;

  static constexpr std::size_t kMaxVarintBytes = 10;

  enum class Format : std::uint8_t { kBigEndian, kLittleEndian, kVarint };

  struct Options {
    Format format = Format::kBigEndian;
    std::uint8_t width = 4;             // of the field: 1, 2, 3, 4 or 8 bytes; kVarint ignores it
    std::uint32_t offset = 0;           // bytes before the field
    std::int32_t adjustment = 0;        // added to the field's value
    bool strip_header = false;          // the field and what stands before it are not passed on
    std::uint32_t strip = 0;            // nor are so many bytes, behind them or of the whole frame
    std::uint32_t max_bytes = 1 << 20;  // of a frame, with its header; also of one that is sent
    OnBadFrame on_bad_frame = OnBadFrame::kFail;
  };

  static Result<LengthField> make(const Options& options);

  Step<Frame> next(std::string_view unread);
  FrameError error() const { return error_; }

  // Passes a header and `payload` to write(std::string_view). `prefix` is what stands before the
  // field: `offset` bytes. Fails, and writes nothing, where the field can't hold the length or the
  // frame is too long.
  template <class Write>
  Status encode(std::string_view payload, const Write& write, std::string_view prefix = {}) const {
    Field field;
    Status status = make_field(payload.size(), prefix.size(), field);
    if (!status.is_ok()) return status;
    if (!prefix.empty()) write(prefix);
    write({field.bytes.data(), field.size});
    write(payload);
    return status;
  }

 private:
  struct Field {
    std::array<char, kMaxVarintBytes> bytes{};
    std::size_t size = 0;
  };
  // The length field at the front of some bytes.
  struct Value {
    std::uint64_t value = 0;
    std::size_t size = 0;  // of the field; 0 where more bytes are needed
    bool malformed = false;
  };

  explicit LengthField(const Options& options) : options_(options) {}

  static Status check(const Options& options);
  Value read(std::string_view bytes) const;
  static Value read_varint(std::string_view bytes);
  Step<Frame> next_frame(std::string_view unread);
  Step<Frame> refuse(const Value& length, std::uint64_t header, std::uint64_t size,
                     std::size_t available);
  Status make_field(std::size_t payload, std::size_t prefix, Field& field) const;
  void write_field(std::uint64_t value, Field& field) const;

  Options options_;
  std::uint64_t skip_ = 0;  // bytes of a refused frame that are still to come
  FrameError error_;
};

}  // namespace weir::codec
