// System calls on a stream as every back end makes them: repeated where a signal interrupted them.
// Any thread.
#pragma once

#include <sys/types.h>
#include <sys/uio.h>

#include <cerrno>
#include <cstddef>
#include <span>

#include "core/backend.h"
#include "core/sockets.h"

namespace weir {

// Returns the bytes taken, or -errno.
inline ssize_t send_pieces(Sockets& sockets, int fd, const iovec* pieces, std::size_t count) {
  ssize_t sent = 0;
  do {
    sent = sockets.send(fd, pieces, count);
  } while (sent == -EINTR);
  return sent;
}

// Returns the bytes received, 0 for the end, or -errno.
inline ssize_t receive_bytes(Sockets& sockets, int fd, std::span<char> room) {
  ssize_t size = 0;
  do {
    size = sockets.receive(fd, room.data(), room.size());
  } while (size == -EINTR);
  return size;
}

// Makes what receive_bytes() found an event: kBytes, kEnd or kFailed; false where it found nothing.
inline bool tell_read(Event& event, ssize_t result, std::span<char> room) {
  if (result == -EAGAIN) return false;
  if (result > 0) {
    event.kind = Event::Kind::kBytes;
    event.bytes = {room.data(), static_cast<std::size_t>(result)};
  } else if (result == 0) {
    event.kind = Event::Kind::kEnd;
  } else {
    event.kind = Event::Kind::kFailed;
    event.error = static_cast<int>(-result);
  }
  return true;
}

// Returns the bytes of a file that were taken, or -errno. One that ends before `offset` is an
// error.
inline ssize_t send_file_part(Sockets& sockets, int fd, int file, off_t offset, std::size_t size) {
  ssize_t sent = 0;
  do {
    sent = sockets.send_file(fd, file, offset, size);
  } while (sent == -EINTR);
  return sent == 0 ? -ENODATA : sent;
}

}  // namespace weir
