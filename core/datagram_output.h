// The datagrams that one socket has still to send, in order, consecutive ones to one peer gathered
// into runs.
//
//   blocks: [ run | run |     run      ] [ run | run | room ]
//
// Owner's thread only. Bound: kMaxWaiting, in which every datagram counts kOverhead beside its
// bytes. Empty it holds no block.
#pragma once

#include <cstddef>
#include <deque>
#include <string_view>
#include <vector>

#include "core/datagram_arena.h"
#include "core/datagram_counters.h"
#include "core/datagram_route.h"
#include "core/datagram_socket.h"

namespace weir {

class DatagramOutput {
 public:
  static constexpr std::size_t kMaxWaiting = 1024 * 1024;
  static constexpr std::size_t kOverhead = 256;
  // What the 16 bits of UDP's length leave beside its header; IPv4 takes 20 less.
  static constexpr std::size_t kMaxDatagram = 65'527;

  explicit DatagramOutput(DatagramArena& arena) : arena_(arena) {}
  DatagramOutput(const DatagramOutput&) = delete;
  DatagramOutput& operator=(const DatagramOutput&) = delete;

  // Whether another datagram of `size` bytes would pass the bound.
  bool is_full(std::size_t size) const { return waiting_ + size + kOverhead > kMaxWaiting; }
  // REQUIRES: the datagram is at most kMaxDatagram, and the output not full for it. Datagrams of
  // more than max_segment bytes stay alone.
  void append(const DatagramRoute& to, std::string_view datagram, std::size_t max_segment);

  bool empty() const { return runs_.empty(); }
  std::size_t datagrams() const { return datagrams_; }

  // Sends until all has gone, or there is no room; the rest waits in its order. What the kernel
  // refuses is dropped and counted.
  void flush(DatagramSocket& socket, DatagramCounters& counters);
  void clear();

 private:
  // Some runs a tick are usual; what a burst has needed beyond is given back.
  static constexpr std::size_t kKeptRuns = 256;

  struct BlockInUse {
    DatagramArena::Block bytes;
    std::size_t used = 0;
    std::size_t runs = 0;  // that lie in it
  };

  bool extend_last(const DatagramRoute& to, std::string_view datagram, std::size_t max_segment);
  char* copy(std::string_view datagram);
  void split(std::size_t run);
  void release(std::size_t runs);

  DatagramArena& arena_;
  std::vector<DatagramRun> runs_;
  std::deque<BlockInUse> blocks_;
  std::size_t waiting_ = 0;
  std::size_t datagrams_ = 0;
};

}  // namespace weir
