#include "core/sockets.h"

#include <fcntl.h>
#include <liburing.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace weir {
namespace {

template <class T>
T or_errno(T result) {
  return result >= 0 ? result : static_cast<T>(-errno);
}

// One record with descriptors beside it (SCM_RIGHTS, unix(7)).
struct DescriptorMessage {
  explicit DescriptorMessage(iovec& piece) {
    header.msg_iov = &piece;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
  }

  void set(std::span<const int> descriptors) {
    header.msg_controllen = descriptors.empty() ? 0 : CMSG_SPACE(descriptors.size_bytes());
    if (descriptors.empty()) return;
    cmsghdr* rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::memcpy(CMSG_DATA(rights), descriptors.data(), descriptors.size_bytes());
  }

  void get(std::vector<int>& descriptors) {
    const cmsghdr* rights = CMSG_FIRSTHDR(&header);
    if (rights == nullptr || rights->cmsg_level != SOL_SOCKET || rights->cmsg_type != SCM_RIGHTS) {
      return;
    }
    descriptors.resize((rights->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    std::memcpy(descriptors.data(), CMSG_DATA(rights), descriptors.size() * sizeof(int));
  }

  msghdr header{};
  alignas(cmsghdr) char control[CMSG_SPACE(Sockets::kMaxDescriptors * sizeof(int))] = {};
};

class SystemSockets final : public Sockets {
 public:
  int socket(int domain, int type) override {
    return or_errno(::socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  }
  int bind(int fd, const sockaddr* address, socklen_t length) override {
    return or_errno(::bind(fd, address, length));
  }
  int listen(int fd, int backlog) override { return or_errno(::listen(fd, backlog)); }
  int accept(int fd, sockaddr* peer, socklen_t* length) override {
    return or_errno(::accept4(fd, peer, length, SOCK_NONBLOCK | SOCK_CLOEXEC));
  }
  int connect(int fd, const sockaddr* address, socklen_t length) override {
    return or_errno(::connect(fd, address, length));
  }
  int local_address(int fd, sockaddr* address, socklen_t* length) override {
    return or_errno(::getsockname(fd, address, length));
  }
  int peer_address(int fd, sockaddr* address, socklen_t* length) override {
    return or_errno(::getpeername(fd, address, length));
  }
  int set_option(int fd, int level, int name, const void* value, socklen_t size) override {
    return or_errno(::setsockopt(fd, level, name, value, size));
  }
  int get_option(int fd, int level, int name, void* value, socklen_t* size) override {
    return or_errno(::getsockopt(fd, level, name, value, size));
  }
  int pending_error(int fd) override {
    int error = 0;
    socklen_t length = sizeof error;
    return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : errno;
  }
  int pending_input(int fd) override {
    int bytes = 0;
    return ::ioctl(fd, SIOCINQ, &bytes) == 0 ? bytes : -errno;
  }
  int pending_output(int fd) override {
    int bytes = 0;
    return ::ioctl(fd, SIOCOUTQ, &bytes) == 0 ? bytes : -errno;
  }

  ssize_t receive(int fd, void* bytes, std::size_t size) override {
    return or_errno(::recv(fd, bytes, size, 0));
  }
  ssize_t send(int fd, const iovec* pieces, std::size_t count) override {
    // One piece, the usual case, spares the kernel the import of a message header.
    if (count == 1) {
      return or_errno(::send(fd, pieces[0].iov_base, pieces[0].iov_len, MSG_NOSIGNAL));
    }
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(pieces);
    message.msg_iovlen = count;
    return or_errno(::sendmsg(fd, &message, MSG_NOSIGNAL));
  }
  ssize_t send_file(int fd, int file, off_t offset, std::size_t size) override {
    return or_errno(::sendfile(fd, file, &offset, size));
  }
  ssize_t send_descriptors(int fd, const void* record, std::size_t size,
                           std::span<const int> descriptors) override {
    iovec piece{const_cast<void*>(record), size};
    DescriptorMessage message(piece);
    message.set(descriptors);
    return or_errno(::sendmsg(fd, &message.header, MSG_NOSIGNAL));
  }
  ssize_t receive_descriptors(int fd, void* record, std::size_t size,
                              std::vector<int>& descriptors) override {
    iovec piece{record, size};
    DescriptorMessage message(piece);
    const ssize_t result = ::recvmsg(fd, &message.header, MSG_CMSG_CLOEXEC | MSG_WAITALL);
    if (result < 0) return or_errno(result);
    message.get(descriptors);
    if ((message.header.msg_flags & MSG_CTRUNC) == 0) return result;
    // Some did not fit into this process' table: none is better than not all.
    for (const int one : descriptors) ::close(one);
    descriptors.clear();
    return -EMFILE;
  }
  int make_pair(int ends[2]) override {
    return or_errno(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends));
  }
  int receive_messages(int fd, mmsghdr* messages, unsigned count) override {
    return or_errno(::recvmmsg(fd, messages, count, 0, nullptr));
  }
  int send_messages(int fd, mmsghdr* messages, unsigned count) override {
    return or_errno(::sendmmsg(fd, messages, count, MSG_NOSIGNAL));
  }
  int interface_index(const char* name) override {
    const unsigned index = ::if_nametoindex(name);
    return index != 0 ? static_cast<int>(index) : -errno;
  }
  int shutdown(int fd, int how) override { return or_errno(::shutdown(fd, how)); }
  int close(int fd) override { return or_errno(::close(fd)); }
  int duplicate(int fd) override { return or_errno(::fcntl(fd, F_DUPFD_CLOEXEC, 0)); }

  ssize_t read(int fd, void* bytes, std::size_t size) override {
    return or_errno(::read(fd, bytes, size));
  }
  ssize_t write(int fd, const void* bytes, std::size_t size) override {
    return or_errno(::write(fd, bytes, size));
  }
  int make_eventfd() override { return or_errno(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)); }
  int make_signalfd(const sigset_t& signals) override {
    return or_errno(::signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC));
  }
  int make_pipe(int ends[2]) override { return or_errno(::pipe2(ends, O_NONBLOCK | O_CLOEXEC)); }
  int open_reserve() override { return or_errno(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

  int epoll_create() override { return or_errno(::epoll_create1(EPOLL_CLOEXEC)); }
  int epoll_control(int epoll, int operation, int fd, epoll_event* event) override {
    return or_errno(::epoll_ctl(epoll, operation, fd, event));
  }
  int epoll_wait(int epoll, epoll_event* events, int capacity, int timeout_ms) override {
    return or_errno(::epoll_wait(epoll, events, capacity, timeout_ms));
  }

  int uring_open(unsigned entries, io_uring& ring, io_uring_params& parameters) override {
    return ::io_uring_queue_init_params(entries, &ring, &parameters);
  }
  int uring_register(const io_uring& ring, unsigned operation, void* argument,
                     unsigned count) override {
    return ::io_uring_register(static_cast<unsigned>(ring.ring_fd), operation, argument, count);
  }
  void uring_prepare(io_uring_sqe&) override {}
  int uring_submit(io_uring& ring) override { return ::io_uring_submit(&ring); }
  int uring_wait(io_uring& ring, int timeout_ms) override {
    if (timeout_ms == 0) return ::io_uring_submit_and_get_events(&ring);
    if (timeout_ms < 0) return ::io_uring_submit_and_wait(&ring, 1);
    __kernel_timespec limit{.tv_sec = timeout_ms / 1000,
                            .tv_nsec = timeout_ms % 1000 * 1'000'000LL};
    io_uring_cqe* completion = nullptr;
    return ::io_uring_submit_and_wait_timeout(&ring, &completion, 1, &limit, nullptr);
  }
  int uring_message(const io_uring& ring, std::uint64_t name) override {
    constexpr unsigned kSendMessage = 31;  // IORING_REGISTER_SEND_MSG_RING
    io_uring_sqe message{};
    message.opcode = IORING_OP_MSG_RING;
    message.fd = ring.ring_fd;
    message.off = name;
    return ::io_uring_register(~0U, kSendMessage, &message, 1);
  }
};

}  // namespace

Sockets& Sockets::system() {
  static SystemSockets sockets;
  return sockets;
}

}  // namespace weir
