// The real kernel with faults in front of it: scripted, for a test of one failure, or drawn from a
// seed, for a storm of them.
//
// Any thread. Whether the n-th call of a kind fails follows from the seed, the kind and n alone, so
// a seed names one storm; scripted faults come first. Only what a kernel can do is done: nothing is
// lost, and after an EAGAIN or a short transfer that was made up the descriptor is armed again, as
// an edge-triggered epoll would announce it.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <mutex>
#include <unordered_map>

#include "core/sockets.h"

namespace weir::fakes {

enum class Call : std::uint8_t {
  kSocket,
  kBind,
  kListen,
  kAccept,
  kConnect,
  kLocalAddress,
  kPeerAddress,
  kSetOption,
  kGetOption,
  kPendingError,
  kPendingInput,
  kPendingOutput,
  kReceive,
  kSend,
  kSendDescriptors,
  kReceiveDescriptors,
  kMakePair,
  kReceiveMessages,
  kSendMessages,
  kInterfaceIndex,
  kShutdown,
  kClose,
  kDuplicate,
  kRead,
  kWrite,
  kMakeEventfd,
  kMakeSignalfd,
  kMakePipe,
  kOpenReserve,
  kEpollCreate,
  kEpollControl,
  kEpollWait,
  kUringOpen,
  kUringRegister,
  kUringSubmit,
  kUringWait,
  kUringMessage,
  kCount,
};

// How many of a thousand calls fail, and how.
struct FaultOdds {
  unsigned interrupted = 0;  // EINTR: accept, receive, send, epoll_wait
  unsigned blocked = 0;      // EAGAIN: receive, send
  unsigned cut = 0;          // receive, send: at most 16 bytes, or of datagrams 16
  unsigned reset = 0;        // ECONNRESET: receive, send
  unsigned refused = 0;      // accept: ECONNABORTED, EMFILE, ENFILE and ENOBUFS by turns
};

class FaultySockets : public Sockets {
 public:
  // Fails nothing but what is scripted.
  FaultySockets() = default;
  FaultySockets(std::uint64_t seed, const FaultOdds& odds) : seed_(seed), odds_(odds) {}

  // The next `times` calls return -error and do nothing.
  void fail(Call call, int error, int times = 1);
  // The next `times` calls are made as they are, before what is scripted after this.
  void let_pass(Call call, int times);
  // The next `times` receives or sends take at most `bytes`, or so many datagrams.
  void cut(Call call, std::size_t bytes, int times = 1);
  // From now on datagrams are received into `bytes` of room each, and lose the rest.
  void truncate_datagrams(std::size_t bytes) { datagram_room_ = bytes; }
  // A kernel that accepts when it is called, as all that was scripted for accept() concerns that
  // call: io_uring must not accept ahead. Before a reactor is made.
  void never_accept_ahead() { accepts_ahead_ = false; }
  // Forgets what was scripted and has not happened yet.
  void heal();

  // Since the start.
  std::uint64_t calls(Call call) const;
  std::uint64_t faults() const { return faults_.load(std::memory_order_relaxed); }
  // Calls that wait for events, whatever the back end.
  std::uint64_t waits() const { return calls(Call::kEpollWait) + calls(Call::kUringWait); }
  // Of those, the ones that may sleep.
  std::uint64_t sleeps() const { return sleeps_.load(std::memory_order_relaxed); }
  // Events that they have reported.
  std::uint64_t events() const { return events_.load(std::memory_order_relaxed); }

  int socket(int domain, int type) override;
  int bind(int fd, const sockaddr* address, socklen_t length) override;
  int listen(int fd, int backlog) override;
  int accept(int fd, sockaddr* peer, socklen_t* length) override;
  int connect(int fd, const sockaddr* address, socklen_t length) override;
  int local_address(int fd, sockaddr* address, socklen_t* length) override;
  int peer_address(int fd, sockaddr* address, socklen_t* length) override;
  using Sockets::set_option;
  int set_option(int fd, int level, int name, const void* value, socklen_t size) override;
  int get_option(int fd, int level, int name, void* value, socklen_t* size) override;
  int pending_error(int fd) override;
  int pending_input(int fd) override;
  int pending_output(int fd) override;
  ssize_t receive(int fd, void* bytes, std::size_t size) override;
  ssize_t send(int fd, const iovec* pieces, std::size_t count) override;
  ssize_t send_file(int fd, int file, off_t offset, std::size_t size) override;
  ssize_t send_descriptors(int fd, const void* record, std::size_t size,
                           std::span<const int> descriptors) override;
  ssize_t receive_descriptors(int fd, void* record, std::size_t size,
                              std::vector<int>& descriptors) override;
  int make_pair(int ends[2]) override;
  int receive_messages(int fd, mmsghdr* messages, unsigned count) override;
  int send_messages(int fd, mmsghdr* messages, unsigned count) override;
  int interface_index(const char* name) override;
  int shutdown(int fd, int how) override;
  int close(int fd) override;
  int duplicate(int fd) override;
  ssize_t read(int fd, void* bytes, std::size_t size) override;
  ssize_t write(int fd, const void* bytes, std::size_t size) override;
  int make_eventfd() override;
  int make_signalfd(const sigset_t& signals) override;
  int make_pipe(int ends[2]) override;
  int open_reserve() override;
  int epoll_create() override;
  int epoll_control(int epoll, int operation, int fd, epoll_event* event) override;
  int epoll_wait(int epoll, epoll_event* events, int capacity, int timeout_ms) override;
  int uring_open(unsigned entries, io_uring& ring, io_uring_params& parameters) override;
  int uring_register(const io_uring& ring, unsigned operation, void* argument,
                     unsigned count) override;
  void uring_prepare(io_uring_sqe& operation) override;
  int uring_submit(io_uring& ring) override;
  int uring_wait(io_uring& ring, int timeout_ms) override;
  int uring_message(const io_uring& ring, std::uint64_t name) override;

 private:
  static constexpr auto kCalls = static_cast<std::size_t>(Call::kCount);
  static constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();

  // What becomes of one call.
  struct Fault {
    int error = 0;
    std::size_t limit = kAll;
  };
  struct Watch {
    int epoll;
    epoll_event event;
  };

  void script(Call call, Fault fault, int times);
  Fault next(Call call);
  Fault draw(Call call, std::uint64_t n) const;
  void arm_again(int fd);
  void prepare_accept(io_uring_sqe& operation);

  Sockets& system_ = Sockets::system();
  const std::uint64_t seed_ = 0;
  const FaultOdds odds_{};
  std::array<std::atomic<std::uint64_t>, kCalls> calls_{};
  std::atomic<std::uint64_t> faults_{0};
  std::atomic<std::uint64_t> events_{0};
  std::atomic<std::uint64_t> sleeps_{0};
  std::atomic<std::size_t> scripted_{0};
  std::atomic<std::size_t> datagram_room_{kAll};
  bool accepts_ahead_ = true;
  std::mutex mutex_;
  std::array<std::deque<Fault>, kCalls> scripts_;
  std::unordered_map<int, Watch> watches_;  // by descriptor: how epoll was asked to watch it
};

}  // namespace weir::fakes
