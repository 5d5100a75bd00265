// Writes replies of the RESP protocol, version 2 or 3, straight into a sink's free room.
//
//   ReplyWriter w(sink, 3);      RESP3                 RESP2
//   w.map(1);                    %1\r\n                *2\r\n
//   w.bulk("maxmemory");         $9\r\nmaxmemory\r\n   the same
//   w.null();                    _\r\n                 $-1\r\n
//
// A type that RESP2 lacks is written as what Redis 7.0 writes for it there. An aggregate writes its
// header alone: the caller writes that many elements behind it. The writer holds nothing but the
// sink's address and the version, and never allocates. Thread rule: the sink's.
#pragma once

#include <charconv>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace weir::codec {

// Where bytes go. reserve(n) gives n bytes or more of contiguous room, valid until the next call;
// commit(n) says that its first n are filled; append() copies.
template <class Sink>
concept ReplySink = requires(Sink& sink, std::size_t n, std::string_view bytes) {
  { sink.reserve(n) } -> std::same_as<char*>;
  sink.commit(n);
  sink.append(bytes);
};

template <ReplySink Sink>
class ReplyWriter {
 public:
  // `sink` outlives the writer; `protocol` is 2 or 3.
  explicit ReplyWriter(Sink& sink, int protocol = 2) : sink_(&sink), protocol_(protocol) {}

  void set_protocol(int protocol) { protocol_ = protocol; }
  int protocol() const { return protocol_; }

  // One line each: '\r' and '\n' become blanks, so that no text can forge another reply. `text`
  // of an error begins with its code: "ERR syntax error", "WRONGTYPE ...".
  void simple_string(std::string_view text) { line('+', text); }
  [[gnu::always_inline]] void ok() { literal("+OK\r\n"); }
  void error(std::string_view text) { line('-', text); }

  void integer(std::int64_t value) { number(':', value); }

  void bulk(std::string_view payload) { counted('$', {}, payload); }
  // The decimal digits of `value` as a bulk string.
  void bulk(std::int64_t value) {
    char digits[kMaxNumberBytes];
    const auto end = std::to_chars(digits, digits + sizeof(digits), value).ptr;
    counted_joined('$', {}, {digits, static_cast<std::size_t>(end - digits)});
  }

  [[gnu::always_inline]] void null() { protocol_ == 3 ? literal("_\r\n") : literal("$-1\r\n"); }
  void null_array() { sink_->append(protocol_ == 3 ? "_\r\n" : "*-1\r\n"); }

  void array(std::size_t elements) { number('*', elements); }
  // `pairs` keys with a value behind each.
  void map(std::size_t pairs) {
    if (protocol_ == 3) {
      number('%', pairs);
    } else {
      number('*', 2 * pairs);
    }
  }
  void set(std::size_t elements) { number(protocol_ == 3 ? '~' : '*', elements); }
  // Data the client did not ask for; a plain array in RESP2.
  void push(std::size_t elements) { number(protocol_ == 3 ? '>' : '*', elements); }

  void boolean(bool value) {
    if (protocol_ == 3) {
      sink_->append(value ? "#t\r\n" : "#f\r\n");
    } else {
      integer(value ? 1 : 0);
    }
  }

  // With 17 significant digits, "inf", "-inf" or "nan", as Redis 7.0 writes scores.
  void double_(double value) {
    if (std::isnan(value)) return double_("nan");  // to_chars would give it a sign
    char digits[kMaxDoubleBytes];
    constexpr int kPrecision = 17;
    const auto end = std::to_chars(digits, digits + sizeof(digits), value,
                                   std::chars_format::general, kPrecision)
                         .ptr;
    const std::string_view text(digits, static_cast<std::size_t>(end - digits));
    if (protocol_ == 3) {
      line(',', text);
    } else {
      counted_joined('$', {}, text);
    }
  }
  // A double already in text form.
  void double_(std::string_view text) {
    if (protocol_ == 3) {
      line(',', text);
    } else {
      bulk(text);
    }
  }

  // Decimal digits of any length.
  void big_number(std::string_view digits) {
    if (protocol_ == 3) {
      line('(', digits);
    } else {
      bulk(digits);
    }
  }

  // Text for people; `format` has three characters ("txt", "mkd").
  void verbatim(std::string_view format, std::string_view text) {
    if (protocol_ == 3) {
      counted('=', format, text);
    } else {
      bulk(text);
    }
  }

  // Bytes that are replies already.
  void raw(std::string_view replies) { sink_->append(replies); }

 private:
  static constexpr std::size_t kMaxNumberBytes = 20;  // of 64 bits, with a sign
  static constexpr std::size_t kMaxDoubleBytes = 32;  // "-1.2345678901234567e-308" and room
  static constexpr std::size_t kHeaderBytes = 1 + kMaxNumberBytes + 2;
  // Up to this size a payload is copied into the room reserved for its header; a larger one goes to
  // append(), which may split it or keep it whole, as the sink likes.
  static constexpr std::size_t kMaxJoinedBytes = 1024;

  static char* put_line_end(char* at) {
    at[0] = '\r';
    at[1] = '\n';
    return at + 2;
  }

  template <class Number>
  static char* put_number(char* at, char type, Number value) {
    *at = type;
    // Most lengths and counts have a digit or two, where stores beat std::to_chars by far.
    if (value >= 0 && value <= 9) {
      at[1] = static_cast<char>('0' + value);
      return put_line_end(at + 2);
    }
    if (value >= 10 && value <= 99) {
      at[1] = static_cast<char>('0' + value / 10);
      at[2] = static_cast<char>('0' + value % 10);
      return put_line_end(at + 3);
    }
    return put_line_end(std::to_chars(at + 1, at + 1 + kMaxNumberBytes, value).ptr);
  }

  static char* put(char* at, std::string_view bytes) {
    if (!bytes.empty()) std::memcpy(at, bytes.data(), bytes.size());
    return at + bytes.size();
  }

  template <std::size_t kSize>
  [[gnu::always_inline]] void literal(const char (&text)[kSize]) {
    std::memcpy(sink_->reserve(kSize - 1), text, kSize - 1);
    sink_->commit(kSize - 1);
  }

  template <class Number>
  void number(char type, Number value) {
    char* const begin = sink_->reserve(kHeaderBytes);
    commit(begin, put_number(begin, type, value));
  }

  void line(char type, std::string_view text) {
    char* const begin = sink_->reserve(text.size() + 3);
    char* at = begin;
    *at++ = type;
    for (const char c : text) *at++ = c == '\r' || c == '\n' ? ' ' : c;
    commit(begin, put_line_end(at));
  }

  // The size of what follows it, and "<format>:" where there is a format.
  static char* put_header(char* at, char type, std::string_view format, std::size_t size) {
    if (format.empty()) return put_number(at, type, size);
    at = put(put_number(at, type, format.size() + 1 + size), format);
    *at++ = ':';
    return at;
  }

  void counted(char type, std::string_view format, std::string_view payload) {
    if (payload.size() <= kMaxJoinedBytes) return counted_joined(type, format, payload);
    char* const begin = sink_->reserve(kHeaderBytes + format.size() + 1);
    commit(begin, put_header(begin, type, format, payload.size()));
    sink_->append(payload);
    sink_->append("\r\n");
  }

  void counted_joined(char type, std::string_view format, std::string_view payload) {
    char* const begin = sink_->reserve(kHeaderBytes + format.size() + 1 + payload.size() + 2);
    commit(begin, put_line_end(put(put_header(begin, type, format, payload.size()), payload)));
  }

  void commit(const char* begin, const char* end) {
    sink_->commit(static_cast<std::size_t>(end - begin));
  }

  Sink* sink_;
  int protocol_;
};

}  // namespace weir::codec
