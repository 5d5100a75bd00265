#include "core/uring_probe.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>

#include "core/uring_backend.h"

namespace weir {
namespace {

constexpr int kMostWaits = 100;  // a signal, or a lack of memory, may end one
constexpr int kWaitMs = 10;

bool is_inability(int error) { return error == EINVAL || error == EOPNOTSUPP; }

// One byte from the one to the other.
Status try_out(UringBackend& backend, Channel& from, Channel& to) {
  char byte = 'x';
  const iovec piece{&byte, 1};
  bool sent = false;
  for (int i = 0; i < kMostWaits; ++i) {
    if (!sent && !from.sending) backend.queue_send(from, &piece, 1);
    backend.wait(kWaitMs);
    bool received = false;
    Event event{};
    while (backend.next(event)) {
      if (event.kind == Event::Kind::kSent) sent = event.result == 1;
      if (event.kind == Event::Kind::kFailed && is_inability(event.error)) {
        return Status::from_errno(event.error, "this kernel can't receive as is needed");
      }
      received = received || (event.channel == &to && event.kind == Event::Kind::kBytes);
    }
    if (received) return Status::ok();
  }
  return Status::error("an operation of this kernel's io_uring does not complete");
}

// Bytes and the end at once: some kernels (Linux 6.17, AF_UNIX) lose the end.
Status try_out_the_end(Sockets& sockets, UringBackend& backend, Channel& from, Channel& to) {
  char byte = 'x';
  const iovec piece{&byte, 1};
  backend.transmit(from, &piece, 1);
  sockets.shutdown(from.fd, SHUT_WR);
  for (int i = 0; i < kMostWaits; ++i) {
    backend.wait(kWaitMs);
    Event event{};
    while (backend.next(event)) {
      if (event.channel == &to && event.kind == Event::Kind::kEnd) return Status::ok();
    }
  }
  return Status::error("this kernel's io_uring loses the end of a stream");
}

Status probe(Sockets& sockets) {
  UringBackend backend(sockets, kReadBytes);
  Status status = backend.open();
  if (!status.is_ok()) return status;
  int ends[2] = {-1, -1};
  const int made = sockets.make_pair(ends);
  if (made < 0) return Status::from_errno(-made, "cannot create a pair of sockets");
  Channel from;
  Channel to;
  from.fd = ends[0];
  to.fd = ends[1];
  status = backend.add(from);
  if (status.is_ok()) status = backend.add(to);
  // Twice: the second byte tells whether a receive goes on.
  if (status.is_ok()) status = try_out(backend, from, to);
  if (status.is_ok()) status = try_out(backend, from, to);
  if (status.is_ok()) status = try_out_the_end(sockets, backend, from, to);
  for (Channel* channel : {&from, &to}) {
    backend.remove(*channel);
    sockets.close(channel->fd);
  }
  return status;
}

}  // namespace

Status probe_uring(Sockets& sockets) {
  return run_apart([&] { return probe(sockets); });
}

}  // namespace weir
