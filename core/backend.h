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
#include <string_view>

#include "core/sockets.h"
#include "core/status.h"

namespace weir {

// One registered descriptor.
struct Channel {
  enum class Kind : std::uint8_t {
    kStream,  // bytes come and go
    kSource,  // only becomes readable: a listener, a waker, a signalfd; its owner reads it
  };

  int fd = -1;
  Kind kind = Kind::kStream;
  bool exclusive = false;  // a source that other reactors watch too: the kernel wakes one of them
  void* owner = nullptr;   // for the reactor

  // The backend's own.
  std::uint32_t registered = 0;  // events the kernel was asked for
  bool reading = true;
  bool writing = false;           // output is waiting for room
  bool carried = false;           // may have more to read than it was given this tick
  std::uint32_t batch_index = 0;  // of its entry, when it was carried into the batch
};

struct Event {
  enum class Kind : std::uint8_t {
    kBytes,     // a stream brought `bytes`, valid until the next call of next()
    kEnd,       // the peer will send no more
    kFailed,    // the stream broke with `error`
    kWritable,  // output that had to wait can go on
    kReady,     // a source can be read
  };

  Channel* channel;
  Kind kind;
  int error;
  std::string_view bytes;
};

class Backend {
 public:
  virtual ~Backend() = default;

  virtual Status open() = 0;
  virtual Status add(Channel& channel) = 0;
  virtual void remove(Channel& channel) = 0;
  // Stops or resumes the reading of a stream; input already gathered may still be delivered.
  virtual void set_reading(Channel& channel, bool reading) = 0;
  // Sends what it can of the pieces, in one call. Returns the bytes taken, or -errno. When that is
  // less than all of them, kWritable follows as soon as there is room.
  virtual ssize_t send(Channel& channel, const iovec* pieces, std::size_t count) = 0;

  // Waits at most timeout_ms (-1: for ever) for something to happen.
  virtual void wait(int timeout_ms) = 0;
  // The next event of the batch that wait() gathered; false when there is none left.
  virtual bool next(Event& event) = 0;
};

enum class BackendKind { kEpoll, kEpollEdge };

std::unique_ptr<Backend> make_backend(BackendKind kind, Sockets& sockets);

}  // namespace weir
