// The seam between a reactor and the kernel's event interface, shaped like completions: wait()
// gathers, next() says who, what, and with which bytes. A readiness interface (epoll) reads and
// sends in here; a completion interface (io_uring) hands over what the kernel has done.
//
// Owner's thread only. Channels are registered from add() to remove(); a channel outlives the tick
// in which it is removed, so events of the same batch never meet a dead one.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "core/sockets.h"

namespace weir {

// What one send gathers at most: 128 chunks of output are 1 MiB, what the kernel takes at best.
inline constexpr std::size_t kMostPieces = 128;

// What a descriptor is watched for, or can do now.
struct Interest {
  bool readable = true;
  bool writable = false;
};

// One registered descriptor.
struct Channel {
  enum class Kind : std::uint8_t {
    kStream,  // bytes come and go
    kSource,  // becomes ready, and its owner reads and writes it: see core/source.h
  };

  int fd = -1;
  Kind kind = Kind::kStream;
  bool exclusive = false;  // a source that other reactors watch too: the kernel wakes one of them
  bool listens = false;    // a source that is ready when accept() has a connection
  bool sending = false;    // a send is under way: kSent follows
  void* owner = nullptr;   // for the reactor

  // The backend's own.
  static constexpr std::uint32_t kNoSlot = UINT32_MAX;
  std::uint32_t registered = 0;  // epoll: events the kernel was asked for
  std::uint32_t slot = kNoSlot;  // io_uring: where its operations are found
  bool reading = true;
  bool writing = false;           // output is waiting for room; of a source: that is watched for
  bool behind = false;            // an end or an error stands behind the bytes
  bool carried = false;           // may have more to read than it was given this tick
  std::uint32_t batch_index = 0;  // of its entry, when it was carried into the batch
};

struct Event {
  enum class Kind : std::uint8_t {
    kBytes,     // a stream brought `bytes`, valid until the next call of next(), see defer_reads()
    kReadable,  // may come in kBytes' place where reads are deferred
    kEnd,       // the peer will send no more
    kFailed,    // the stream broke with `error`
    kWritable,  // output that had to wait can go on
    kSent,      // what queue_send() took on: of `total` bytes `result`, as transmit() returns it
    kReady,     // a source is `ready`
  };

  Channel* channel;
  Kind kind;
  int error;
  std::string_view bytes;
  Interest ready;
  ssize_t result;
  std::size_t total;
};

class Backend {
 public:
  virtual ~Backend() = default;

  virtual Status open() = 0;
  virtual Status add(Channel& channel) = 0;
  // No event tells of it any more.
  virtual void remove(Channel& channel) = 0;
  // The same of a stream that goes on elsewhere: nothing is received here from now on, and what was
  // already and has not been told is appended to `unread`. False where that can't be: it has
  // failed, or memory is lacking. REQUIRES: no send is under way.
  virtual bool detach(Channel& channel, std::string& unread) = 0;
  // Of those removed the kernel knows nothing any more when this returns; else that may take until
  // the next wait(). Where a descriptor's end matters at once: a listening socket's.
  virtual void finish_removals() = 0;
  // Bytes of a stream that have been received and not been told.
  virtual std::size_t gathered(const Channel& channel) = 0;
  // Stops or resumes the reading of a stream; input already gathered may still be delivered.
  virtual void set_reading(Channel& channel, bool reading) = 0;
  // What a source is watched for from now on.
  virtual void set_interest(Channel& channel, Interest interest) = 0;
  // Sending has two halves. The system call, which any thread may make while nobody else uses the
  // channel: returns the bytes taken, or -errno, whatever they are.
  virtual ssize_t transmit(const Channel& channel, const iovec* pieces, std::size_t count) = 0;
  // The same for `size` bytes of a file, or less. A file that ends before `offset` is an error.
  virtual ssize_t transmit_file(const Channel& channel, int file, off_t offset,
                                std::size_t size) = 0;
  // And what follows from its result when it was asked to send `total` bytes, on the owner's
  // thread: returns the bytes taken, 0 where there was no room, or -errno for a failure. When that
  // is less than all of them, kWritable follows as soon as there is room.
  virtual ssize_t sent(Channel& channel, ssize_t result, std::size_t total) = 0;

  // As accept(2) on a listening source, without waiting: a descriptor, or -errno. The kernel may
  // have accepted ahead: those come first, and are all there is once the source has been removed.
  virtual int accept(const Channel& channel, sockaddr* peer, socklen_t* length) = 0;

  // Whether sends are made together, at the latest in the next wait(). Else transmit() is what
  // there is.
  virtual bool queues_sends() const = 0;
  // Takes one on: the pieces stay as they are until kSent, or remove(). One at a time a channel.
  // False where transmit() is to be used all the same.
  virtual bool queue_send(Channel& channel, const iovec* pieces, std::size_t count) = 0;

  // From now on `bytes` are valid until the next wait(), or next() reads nothing and says
  // kReadable: whoever gets that calls receive(), on any thread, and then, on the owner's,
  // received().
  virtual void defer_reads() = 0;
  // Of a kReadable. The system call: returns the bytes written to `room`, 0 for the end, or -errno.
  virtual ssize_t receive(const Channel& channel, std::span<char> room) = 0;
  // Turns it into what receive() found: kBytes, kEnd or kFailed; false for nothing.
  virtual bool received(Event& event, ssize_t result, std::span<char> room) = 0;

  // Any thread: whether other threads can end a wait() without a source that becomes ready.
  virtual bool has_wake() const = 0;
  // Any thread: ends it, now or when it is called next. False where that is impossible at present.
  virtual bool wake() = 0;

  // Waits at most timeout_ms (-1: for ever) for something to happen; false when nothing has.
  virtual bool wait(int timeout_ms) = 0;
  // The next event of the batch that wait() gathered; false when there is none left.
  virtual bool next(Event& event) = 0;
};

enum class BackendKind {
  kEpoll,
  kEpollEdge,
  kUring,
  kAuto,  // an engine's choice between kUring and kEpoll: no backend is made of it
};

// One read's worth. Larger reads mean fewer system calls for bulk input; 64 KiB still fits the
// second-level cache beside the data that the requests touch.
inline constexpr std::size_t kReadBytes = 64 * 1024;

// `read_budget`: what a stream may read in a tick, in as many reads as that takes; one where reads
// are deferred.
std::unique_ptr<Backend> make_backend(BackendKind kind, Sockets& sockets,
                                      std::size_t read_budget = kReadBytes);

}  // namespace weir
