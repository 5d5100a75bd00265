#include "tests/fakes/faulty_sockets.h"

#include <liburing.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "base/check.h"

namespace weir::fakes {
namespace {

constexpr std::size_t kCutBytes = 16;

std::size_t index_of(Call call) { return static_cast<std::size_t>(call); }

// The splitmix64 finalizer.
std::uint64_t mix(std::uint64_t x) {
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
  x = (x ^ x >> 27) * 0x94d049bb133111eb;
  return x ^ x >> 31;
}

bool transfers(Call call) {
  return call == Call::kReceive || call == Call::kSend || call == Call::kReceiveMessages ||
         call == Call::kSendMessages;
}

// The pieces' first `limit` bytes.
std::vector<iovec> shorten(const iovec* pieces, std::size_t count, std::size_t limit) {
  std::vector<iovec> shortened;
  for (std::size_t i = 0; i < count && limit > 0; ++i) {
    shortened.push_back({pieces[i].iov_base, std::min(pieces[i].iov_len, limit)});
    limit -= shortened.back().iov_len;
  }
  return shortened;
}

// Nothing is done, and completes with `result` (IORING_NOP_INJECT_RESULT, Linux 6.10).
void complete_at_once(io_uring_sqe& operation, int result) {
  const std::uint64_t name = operation.user_data;
  operation = {};
  operation.opcode = IORING_OP_NOP;
  operation.rw_flags = 1;
  operation.len = static_cast<std::uint32_t>(result);
  operation.user_data = name;
}

// Of a send of several pieces, which are the backend's copy.
void shorten_message(io_uring_sqe& operation, std::size_t limit) {
  auto& message = *reinterpret_cast<msghdr*>(operation.addr);
  for (std::size_t i = 0; i < message.msg_iovlen; ++i) {
    std::size_t& size = message.msg_iov[i].iov_len;
    size = std::min(size, limit);
    limit -= size;
  }
}

}  // namespace

void FaultySockets::fail(Call call, int error, int times) {
  WEIR_CHECK(error > 0);
  script(call, {error, kAll}, times);
}

void FaultySockets::cut(Call call, std::size_t bytes, int times) {
  WEIR_CHECK(transfers(call) && bytes > 0);
  script(call, {0, bytes}, times);
}

void FaultySockets::let_pass(Call call, int times) { script(call, {}, times); }

void FaultySockets::script(Call call, Fault fault, int times) {
  const std::lock_guard lock(mutex_);
  std::deque<Fault>& script = scripts_[index_of(call)];
  script.insert(script.end(), static_cast<std::size_t>(times), fault);
  scripted_.fetch_add(static_cast<std::size_t>(times));
}

void FaultySockets::heal() {
  const std::lock_guard lock(mutex_);
  for (std::deque<Fault>& script : scripts_) script.clear();
  scripted_.store(0);
}

std::uint64_t FaultySockets::calls(Call call) const {
  return calls_[index_of(call)].load(std::memory_order_relaxed);
}

FaultySockets::Fault FaultySockets::next(Call call) {
  const std::uint64_t n = calls_[index_of(call)].fetch_add(1, std::memory_order_relaxed);
  Fault fault = draw(call, n);
  // No lock without a script: it would order threads that the real kernel does not order.
  if (scripted_.load(std::memory_order_relaxed) > 0) {
    const std::lock_guard lock(mutex_);
    std::deque<Fault>& script = scripts_[index_of(call)];
    if (!script.empty()) {
      fault = script.front();
      script.pop_front();
      scripted_.fetch_sub(1);
    }
  }
  if (fault.error != 0 || fault.limit != kAll) faults_.fetch_add(1, std::memory_order_relaxed);
  return fault;
}

FaultySockets::Fault FaultySockets::draw(Call call, std::uint64_t n) const {
  constexpr std::array<int, 4> kRefusals = {ECONNABORTED, EMFILE, ENFILE, ENOBUFS};
  const std::uint64_t random = mix(mix(seed_ + index_of(call)) + n);
  auto chance = static_cast<unsigned>(random % 1000);
  const auto falls_in = [&chance](unsigned odds) {
    const bool hit = chance < odds;
    chance -= hit ? 0 : odds;
    return hit;
  };
  const bool accepts = call == Call::kAccept;
  if (accepts || transfers(call) || call == Call::kEpollWait || call == Call::kUringWait) {
    if (falls_in(odds_.interrupted)) return {EINTR, kAll};
  }
  if (accepts && falls_in(odds_.refused)) {
    return {kRefusals[random / 1000 % kRefusals.size()], kAll};
  }
  if (!transfers(call)) return {};
  if (falls_in(odds_.blocked)) return {EAGAIN, kAll};
  if (falls_in(odds_.cut)) return {0, 1 + random / 1000 % kCutBytes};
  if (falls_in(odds_.reset)) return {ECONNRESET, kAll};
  return {};
}

void FaultySockets::arm_again(int fd) {
  const std::lock_guard lock(mutex_);
  const auto found = watches_.find(fd);
  if (found == watches_.end()) return;
  system_.epoll_control(found->second.epoll, EPOLL_CTL_MOD, fd, &found->second.event);
}

int FaultySockets::socket(int domain, int type) {
  const Fault fault = next(Call::kSocket);
  return fault.error != 0 ? -fault.error : system_.socket(domain, type);
}

int FaultySockets::bind(int fd, const sockaddr* address, socklen_t length) {
  const Fault fault = next(Call::kBind);
  return fault.error != 0 ? -fault.error : system_.bind(fd, address, length);
}

int FaultySockets::listen(int fd, int backlog) {
  const Fault fault = next(Call::kListen);
  return fault.error != 0 ? -fault.error : system_.listen(fd, backlog);
}

int FaultySockets::accept(int fd, sockaddr* peer, socklen_t* length) {
  const Fault fault = next(Call::kAccept);
  return fault.error != 0 ? -fault.error : system_.accept(fd, peer, length);
}

int FaultySockets::connect(int fd, const sockaddr* address, socklen_t length) {
  const Fault fault = next(Call::kConnect);
  return fault.error != 0 ? -fault.error : system_.connect(fd, address, length);
}

int FaultySockets::local_address(int fd, sockaddr* address, socklen_t* length) {
  const Fault fault = next(Call::kLocalAddress);
  return fault.error != 0 ? -fault.error : system_.local_address(fd, address, length);
}

int FaultySockets::peer_address(int fd, sockaddr* address, socklen_t* length) {
  const Fault fault = next(Call::kPeerAddress);
  return fault.error != 0 ? -fault.error : system_.peer_address(fd, address, length);
}

int FaultySockets::set_option(int fd, int level, int name, const void* value, socklen_t size) {
  const Fault fault = next(Call::kSetOption);
  return fault.error != 0 ? -fault.error : system_.set_option(fd, level, name, value, size);
}

int FaultySockets::get_option(int fd, int level, int name, void* value, socklen_t* size) {
  const Fault fault = next(Call::kGetOption);
  return fault.error != 0 ? -fault.error : system_.get_option(fd, level, name, value, size);
}

int FaultySockets::pending_error(int fd) {
  const Fault fault = next(Call::kPendingError);
  return fault.error != 0 ? fault.error : system_.pending_error(fd);
}

int FaultySockets::pending_input(int fd) {
  const Fault fault = next(Call::kPendingInput);
  return fault.error != 0 ? -fault.error : system_.pending_input(fd);
}

int FaultySockets::pending_output(int fd) {
  const Fault fault = next(Call::kPendingOutput);
  return fault.error != 0 ? -fault.error : system_.pending_output(fd);
}

ssize_t FaultySockets::receive(int fd, void* bytes, std::size_t size) {
  const Fault fault = next(Call::kReceive);
  if (fault.error == EAGAIN) arm_again(fd);
  if (fault.error != 0) return -fault.error;
  const ssize_t received = system_.receive(fd, bytes, std::min(size, fault.limit));
  if (fault.limit < size) arm_again(fd);
  return received;
}

ssize_t FaultySockets::send(int fd, const iovec* pieces, std::size_t count) {
  const Fault fault = next(Call::kSend);
  if (fault.error == EAGAIN) arm_again(fd);
  if (fault.error != 0) return -fault.error;
  if (fault.limit == kAll) return system_.send(fd, pieces, count);
  const std::vector<iovec> shortened = shorten(pieces, count, fault.limit);
  const ssize_t sent = system_.send(fd, shortened.data(), shortened.size());
  arm_again(fd);
  return sent;
}

ssize_t FaultySockets::send_file(int fd, int file, off_t offset, std::size_t size) {
  const Fault fault = next(Call::kSend);
  if (fault.error == EAGAIN) arm_again(fd);
  if (fault.error != 0) return -fault.error;
  const ssize_t sent = system_.send_file(fd, file, offset, std::min(size, fault.limit));
  if (fault.limit != kAll) arm_again(fd);
  return sent;
}

ssize_t FaultySockets::send_descriptors(int fd, const void* record, std::size_t size,
                                        std::span<const int> descriptors) {
  const Fault fault = next(Call::kSendDescriptors);
  return fault.error != 0 ? -fault.error : system_.send_descriptors(fd, record, size, descriptors);
}

ssize_t FaultySockets::receive_descriptors(int fd, void* record, std::size_t size,
                                           std::vector<int>& descriptors) {
  const Fault fault = next(Call::kReceiveDescriptors);
  return fault.error != 0 ? -fault.error
                          : system_.receive_descriptors(fd, record, size, descriptors);
}

int FaultySockets::make_pair(int ends[2]) {
  const Fault fault = next(Call::kMakePair);
  return fault.error != 0 ? -fault.error : system_.make_pair(ends);
}

int FaultySockets::receive_messages(int fd, mmsghdr* messages, unsigned count) {
  const Fault fault = next(Call::kReceiveMessages);
  if (fault.error == EAGAIN) arm_again(fd);
  if (fault.error != 0) return -fault.error;
  for (unsigned i = 0; i < count; ++i) {
    iovec& room = messages[i].msg_hdr.msg_iov[0];
    room.iov_len = std::min<std::size_t>(room.iov_len, datagram_room_);
  }
  const int received = system_.receive_messages(
      fd, messages, static_cast<unsigned>(std::min<std::size_t>(count, fault.limit)));
  if (fault.limit < count) arm_again(fd);
  return received;
}

int FaultySockets::send_messages(int fd, mmsghdr* messages, unsigned count) {
  const Fault fault = next(Call::kSendMessages);
  if (fault.error == EAGAIN) arm_again(fd);
  if (fault.error != 0) return -fault.error;
  const int sent = system_.send_messages(
      fd, messages, static_cast<unsigned>(std::min<std::size_t>(count, fault.limit)));
  if (fault.limit < count) arm_again(fd);
  return sent;
}

int FaultySockets::interface_index(const char* name) {
  const Fault fault = next(Call::kInterfaceIndex);
  return fault.error != 0 ? -fault.error : system_.interface_index(name);
}

int FaultySockets::shutdown(int fd, int how) {
  const Fault fault = next(Call::kShutdown);
  return fault.error != 0 ? -fault.error : system_.shutdown(fd, how);
}

int FaultySockets::close(int fd) {
  // Counted, never failed: Linux frees the descriptor whatever close() returns.
  next(Call::kClose);
  {
    const std::lock_guard lock(mutex_);
    watches_.erase(fd);
  }
  return system_.close(fd);
}

int FaultySockets::duplicate(int fd) {
  const Fault fault = next(Call::kDuplicate);
  return fault.error != 0 ? -fault.error : system_.duplicate(fd);
}

ssize_t FaultySockets::read(int fd, void* bytes, std::size_t size) {
  const Fault fault = next(Call::kRead);
  return fault.error != 0 ? -fault.error : system_.read(fd, bytes, size);
}

ssize_t FaultySockets::write(int fd, const void* bytes, std::size_t size) {
  const Fault fault = next(Call::kWrite);
  return fault.error != 0 ? -fault.error : system_.write(fd, bytes, size);
}

int FaultySockets::make_eventfd() {
  const Fault fault = next(Call::kMakeEventfd);
  return fault.error != 0 ? -fault.error : system_.make_eventfd();
}

int FaultySockets::make_signalfd(const sigset_t& signals) {
  const Fault fault = next(Call::kMakeSignalfd);
  return fault.error != 0 ? -fault.error : system_.make_signalfd(signals);
}

int FaultySockets::make_pipe(int ends[2]) {
  const Fault fault = next(Call::kMakePipe);
  return fault.error != 0 ? -fault.error : system_.make_pipe(ends);
}

int FaultySockets::open_reserve() {
  const Fault fault = next(Call::kOpenReserve);
  return fault.error != 0 ? -fault.error : system_.open_reserve();
}

int FaultySockets::epoll_create() {
  const Fault fault = next(Call::kEpollCreate);
  return fault.error != 0 ? -fault.error : system_.epoll_create();
}

int FaultySockets::epoll_control(int epoll, int operation, int fd, epoll_event* event) {
  const Fault fault = next(Call::kEpollControl);
  if (fault.error != 0) return -fault.error;
  const std::lock_guard lock(mutex_);
  // Its memory first: where that is refused, nothing has happened.
  const bool is_new = operation != EPOLL_CTL_DEL && watches_.try_emplace(fd).second;
  const int result = system_.epoll_control(epoll, operation, fd, event);
  // Closed before it was taken off: by the next time the number is somebody else's.
  WEIR_CHECK(result != -EBADF);
  if (operation == EPOLL_CTL_DEL || (is_new && result < 0)) {
    watches_.erase(fd);
  } else if (result >= 0) {
    watches_[fd] = Watch{epoll, *event};
  }
  return result;
}

int FaultySockets::epoll_wait(int epoll, epoll_event* events, int capacity, int timeout_ms) {
  const Fault fault = next(Call::kEpollWait);
  if (fault.error != 0) return -fault.error;
  if (timeout_ms != 0) sleeps_.fetch_add(1, std::memory_order_relaxed);
  const int count = system_.epoll_wait(epoll, events, capacity, timeout_ms);
  if (count > 0) events_.fetch_add(static_cast<std::uint64_t>(count), std::memory_order_relaxed);
  return count;
}

int FaultySockets::uring_open(unsigned entries, io_uring& ring, io_uring_params& parameters) {
  const Fault fault = next(Call::kUringOpen);
  return fault.error != 0 ? -fault.error : system_.uring_open(entries, ring, parameters);
}

int FaultySockets::uring_register(const io_uring& ring, unsigned operation, void* argument,
                                  unsigned count) {
  const Fault fault = next(Call::kUringRegister);
  return fault.error != 0 ? -fault.error : system_.uring_register(ring, operation, argument, count);
}

void FaultySockets::uring_prepare(io_uring_sqe& operation) {
  if (operation.opcode == IORING_OP_SEND || operation.opcode == IORING_OP_SENDMSG) {
    const Fault fault = next(Call::kSend);
    if (fault.error != 0) return complete_at_once(operation, -fault.error);
    if (operation.opcode == IORING_OP_SENDMSG) return shorten_message(operation, fault.limit);
    operation.len = static_cast<std::uint32_t>(std::min<std::size_t>(operation.len, fault.limit));
  } else if (operation.opcode == IORING_OP_RECV) {
    const Fault fault = next(Call::kReceive);
    if (fault.error != 0) return complete_at_once(operation, -fault.error);
    const bool storm = seed_ != 0;  // every receive is asked for anew, and may fail
    if (fault.limit == kAll && !storm) return;
    operation.ioprio &= static_cast<std::uint16_t>(~IORING_RECV_MULTISHOT);
    if (fault.limit != kAll) operation.len = static_cast<std::uint32_t>(fault.limit);
  } else if (operation.opcode == IORING_OP_ACCEPT) {
    prepare_accept(operation);
  }
}

void FaultySockets::prepare_accept(io_uring_sqe& operation) {
  if (!accepts_ahead_) return complete_at_once(operation, -EMFILE);
  if (seed_ == 0) return;
  const Fault fault = next(Call::kAccept);
  if (fault.error != 0) return complete_at_once(operation, -fault.error);
  operation.ioprio &= static_cast<std::uint16_t>(~IORING_ACCEPT_MULTISHOT);
}

int FaultySockets::uring_submit(io_uring& ring) {
  const Fault fault = next(Call::kUringSubmit);
  return fault.error != 0 ? -fault.error : system_.uring_submit(ring);
}

int FaultySockets::uring_wait(io_uring& ring, int timeout_ms) {
  const Fault fault = next(Call::kUringWait);
  if (fault.error != 0) return -fault.error;
  if (timeout_ms != 0) sleeps_.fetch_add(1, std::memory_order_relaxed);
  const int result = system_.uring_wait(ring, timeout_ms);
  events_.fetch_add(::io_uring_cq_ready(&ring), std::memory_order_relaxed);
  return result;
}

int FaultySockets::uring_message(const io_uring& ring, std::uint64_t name) {
  const Fault fault = next(Call::kUringMessage);
  return fault.error != 0 ? -fault.error : system_.uring_message(ring, name);
}

}  // namespace weir::fakes
