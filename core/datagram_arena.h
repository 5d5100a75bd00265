// The memory in which the datagram sockets of one reactor receive and gather, one at a time, so
// that a socket without traffic holds none.
//
//   receive room: 64 x 64 KiB, of which small datagrams touch a page each
//   blocks:       64 KiB each for output; 16 are kept, the rest is freed
//
// Owner's thread only. What was received is valid until the next headers().
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "core/datagram_route.h"

namespace weir {

class DatagramArena {
 public:
  // Of datagrams in one system call: what a socket may bring in one tick.
  static constexpr std::size_t kBatch = 64;
  // No datagram is larger, nor are those that the kernel has put together (GRO).
  static constexpr std::size_t kRoom = 64 * 1024;
  static constexpr std::size_t kBlockBytes = 64 * 1024;
  static constexpr std::size_t kMaxIdleBlocks = 16;

  using Block = std::unique_ptr<char[]>;

  struct Received {
    DatagramRoute from;
    std::string_view bytes;  // one datagram, or several of one sender
    std::size_t segment;     // bytes of each of them but the last, which may be smaller
    bool truncated;
  };

  DatagramArena() = default;
  DatagramArena(const DatagramArena&) = delete;
  DatagramArena& operator=(const DatagramArena&) = delete;

  // kBatch headers with all their room.
  mmsghdr* headers();
  // What the i-th of them was filled with.
  Received received(std::size_t i) const;

  Block take_block();
  void give_back(Block block);

 private:
  static constexpr std::size_t kControlBytes = 128;  // local address and segment size

  struct alignas(cmsghdr) Control {
    std::array<char, kControlBytes> bytes;
  };
  struct Room {
    std::array<mmsghdr, kBatch> headers;
    std::array<iovec, kBatch> pieces;
    std::array<sockaddr_storage, kBatch> peers;
    std::array<Control, kBatch> controls;
    std::array<char, kBatch * kRoom> bytes;
  };

  std::unique_ptr<Room> room_;  // from the first receive on
  std::vector<Block> idle_blocks_;
};

}  // namespace weir
