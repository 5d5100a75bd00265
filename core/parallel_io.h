// The model io_threads: what there is to receive, decode and send for many connections, done
// on several threads while the reactor waits, so that sessions are handled by the reactor alone.
//
//   gather     the backend says who is readable, or has the bytes    the reactor
//   receive    the system call if need be, then Session::decode()    all threads, a connection each
//   handle     in the order in which they were gathered              the reactor
//   send       one system call for each connection with output       all threads
//
// Thread rule: the reactor's; what runs elsewhere is within receive() and send(). While they run
// nobody touches a connection but the thread that has taken it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/backend.h"
#include "core/connection.h"
#include "core/io_threads.h"

namespace weir {

class ParallelIo {
 public:
  struct Read {
    Connection* connection;
    Event event;  // kReadable, or kBytes where the kernel has received
    ssize_t result = 0;
    std::span<char> room = {};  // of a kReadable; its bytes stay until forget()
    bool decoded = false;       // else `ahead` says nothing
    Connection::Ahead ahead = {};
  };

  // Defers the reads of `backend`. `threads`: in all, the reactor's among them.
  ParallelIo(Backend& backend, std::uint32_t threads);

  // One read of a connection a round.
  void gather(Connection& connection, const Event& event);
  // Receives and decodes for all that were gathered. False: the reactor did it alone.
  bool receive();
  std::span<Read> reads() { return reads_; }
  // Enough for a round.
  bool is_full() const { return reads_.size() >= round_ * arenas_.size(); }
  // The round is over.
  void forget();

  // Sends what these have to send.
  bool send(std::span<Connection* const> connections);

 private:
  // Where one thread receives: input of many connections, one behind the other.
  class Arena {
   public:
    // At least kMinRoom bytes.
    std::span<char> room();
    void commit(std::size_t n) { used_ += n; }
    void reset();

   private:
    static constexpr std::size_t kBlockBytes = 64 * 1024;
    static constexpr std::size_t kMinRoom = 16 * 1024;
    static constexpr std::size_t kKeptBlocks = 4;

    std::vector<std::unique_ptr<char[]>> blocks_;
    std::size_t block_ = 0;
    std::size_t used_ = 0;  // of it
  };
  struct Write {
    Connection* connection;
    Connection::Sending sending;
  };

  // Reads a thread in a round, fewer where they are large: many more would have left the cache
  // before their answers are sent.
  static constexpr std::size_t kMostReads = 64;
  static constexpr std::size_t kLeastReads = 2;
  static constexpr std::size_t kRoundBytes = 128 * 1024;

  void receive_one(std::size_t thread, Read& read);
  void fill(Arena& arena, Read& read);

  Backend& backend_;
  IoThreads threads_;
  std::vector<Arena> arenas_;  // by thread
  std::vector<Read> reads_;
  std::size_t round_ = kMostReads;  // as the sizes of the last round suggest
  std::vector<Write> writes_;
};

}  // namespace weir
