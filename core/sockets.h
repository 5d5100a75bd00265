// The one door to the kernel's sockets: every system call of core/ that can fail because of the
// network, a peer or exhaustion goes through here, so that a test can put a kernel of its own
// behind it (tests/fakes/faulty_sockets.h).
//
// Every call returns what the system call returns, or -errno; errno itself is not part of the
// contract. Descriptors are made non-blocking and close-on-exec. Any thread; no state.
#pragma once

#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

struct io_uring;
struct io_uring_params;
struct io_uring_sqe;

namespace weir {

class Sockets {
 public:
  virtual ~Sockets() = default;

  virtual int socket(int domain, int type) = 0;
  virtual int bind(int fd, const sockaddr* address, socklen_t length) = 0;
  virtual int listen(int fd, int backlog) = 0;
  virtual int accept(int fd, sockaddr* peer, socklen_t* length) = 0;
  virtual int connect(int fd, const sockaddr* address, socklen_t length) = 0;
  virtual int local_address(int fd, sockaddr* address, socklen_t* length) = 0;
  virtual int peer_address(int fd, sockaddr* address, socklen_t* length) = 0;
  virtual int set_option(int fd, int level, int name, const void* value, socklen_t size) = 0;
  int set_option(int fd, int level, int name, int value) {
    return set_option(fd, level, name, &value, sizeof value);
  }
  // `size`: what there is room for, then what was filled in.
  virtual int get_option(int fd, int level, int name, void* value, socklen_t* size) = 0;
  // SO_ERROR: the pending error of a socket as a positive errno value, 0 for none.
  virtual int pending_error(int fd) = 0;
  // Bytes that have arrived and wait to be received.
  virtual int pending_input(int fd) = 0;
  // Bytes that were sent and that the peer's kernel does not have yet; of a unix socket, that the
  // peer has not read yet.
  virtual int pending_output(int fd) = 0;

  virtual ssize_t receive(int fd, void* bytes, std::size_t size) = 0;
  // Gathers `count` pieces into one send; never raises SIGPIPE.
  virtual ssize_t send(int fd, const iovec* pieces, std::size_t count) = 0;
  // `size` bytes of `file` from `offset` on, or less; 0 behind its end.
  virtual ssize_t send_file(int fd, int file, off_t offset, std::size_t size) = 0;
  // A record over a unix socket: exactly `size` bytes, and descriptors, which arrive as new ones of
  // the receiver's. Returns `size`; 0 for the end of the stream.
  virtual ssize_t send_descriptors(int fd, const void* record, std::size_t size,
                                   std::span<const int> descriptors) = 0;
  virtual ssize_t receive_descriptors(int fd, void* record, std::size_t size,
                                      std::vector<int>& descriptors) = 0;
  static constexpr std::size_t kMaxDescriptors = 253;  // of one record: the kernel's SCM_MAX_FD
  virtual int make_pair(int ends[2]) = 0;
  // Several datagrams at once, those that wait or as many as there is room for, at most `count`;
  // returns how many. An error belongs to the first of them, or to an earlier datagram that an
  // answer has come for (ICMP), and ends nothing.
  virtual int receive_messages(int fd, mmsghdr* messages, unsigned count) = 0;
  virtual int send_messages(int fd, mmsghdr* messages, unsigned count) = 0;
  // The number of a network interface.
  virtual int interface_index(const char* name) = 0;
  virtual int shutdown(int fd, int how) = 0;
  virtual int close(int fd) = 0;
  // A second descriptor of the same socket, of its own life.
  virtual int duplicate(int fd) = 0;

  // For eventfds, pipes and signalfds.
  virtual ssize_t read(int fd, void* bytes, std::size_t size) = 0;
  virtual ssize_t write(int fd, const void* bytes, std::size_t size) = 0;
  virtual int make_eventfd() = 0;
  virtual int make_signalfd(const sigset_t& signals) = 0;
  virtual int make_pipe(int ends[2]) = 0;
  // A descriptor that costs nothing and can be given up: /dev/null.
  virtual int open_reserve() = 0;

  virtual int epoll_create() = 0;
  virtual int epoll_control(int epoll, int operation, int fd, epoll_event* event) = 0;
  virtual int epoll_wait(int epoll, epoll_event* events, int capacity, int timeout_ms) = 0;

  // io_uring(7), with liburing's view of a ring: its queues, made and mapped.
  virtual int uring_open(unsigned entries, io_uring& ring, io_uring_params& parameters) = 0;
  virtual int uring_register(const io_uring& ring, unsigned operation, void* argument,
                             unsigned count) = 0;
  // The kernel is about to be asked for `operation`. A test's kernel may make it another one.
  virtual void uring_prepare(io_uring_sqe& operation) = 0;
  // Submits what is queued; returns how many of it the kernel took.
  virtual int uring_submit(io_uring& ring) = 0;
  // The same, and waits at most timeout_ms (-1: for ever) for a completion.
  virtual int uring_wait(io_uring& ring, int timeout_ms) = 0;
  // From any thread, without a ring of its own: a completion with this name for `ring`. Linux 6.13.
  virtual int uring_message(const io_uring& ring, std::uint64_t name) = 0;

  // The real kernel.
  static Sockets& system();
};

}  // namespace weir
