// The other end of a connection: a client for tests, byte by byte, with a deadline on everything.
//
// One thread at a time. Nothing here sleeps: every wait is a poll() on the socket.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/address.h"

namespace weir::fakes {

class Peer {
 public:
  // What a test may take, also on a machine that is busy and under a sanitizer.
  static constexpr int kDeadlineMs = 30'000;

  // What the last transfer met.
  enum class Stream : std::uint8_t { kOpen, kEnded, kBroken, kLate };

  Peer() = default;
  // Owns `fd`, a connected stream socket.
  explicit Peer(int fd);
  Peer(Peer&& other) noexcept;
  Peer& operator=(Peer&& other) noexcept;
  ~Peer() { close(); }

  // Not is_connected() when nobody answered. `receive_buffer` is SO_RCVBUF, 0 for the system's: a
  // small one makes a slow reader.
  static Peer connect(const Address& address, int receive_buffer = 0);

  bool is_connected() const { return fd_ >= 0; }
  int fd() const { return fd_; }
  Stream stream() const { return stream_; }

  // False unless all of it went out.
  bool send(std::string_view bytes);
  // What goes out at once, in bytes.
  std::size_t send_some(std::string_view bytes);
  // n bytes; less where the stream ended, broke, or was late.
  std::string receive(std::size_t n);
  // Everything up to the stream's end.
  std::string receive_rest();
  // Sends all of it, in pieces of `next_piece()` bytes at most, while it receives, until `expected`
  // bytes have come. Like receive() else.
  std::string converse(std::string_view bytes, std::size_t expected,
                       const std::function<std::size_t()>& next_piece);

  // Tells the other end that nothing more comes.
  void end();
  // Closes with a reset instead of an end; TCP only.
  void reset();
  void close();

 private:
  bool wait(short events, std::int64_t deadline_ms, short* happened = nullptr);
  bool take(std::string& received, std::size_t n);

  int fd_ = -1;
  Stream stream_ = Stream::kOpen;
};

// The two ends of one connection: `fd` for a reactor, non-blocking.
struct Line {
  int fd;
  Peer peer;
};
Line make_unix_line();
Line make_tcp_line();

}  // namespace weir::fakes
