#include "core/handover.h"

#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/log.h"
#include "core/program.h"

namespace weir {

Handover::Handover(Sockets& sockets, Watcher watcher, Bequeath bequeath,
                   std::function<void()> retire)
    : sockets_(sockets),
      watcher_(std::move(watcher)),
      bequeath_(std::move(bequeath)),
      retire_(std::move(retire)),
      listener_(sockets, no_service_) {}

Handover::~Handover() {
  for (const int fd : successors_) sockets_.close(fd);
  for (const auto& [fd, pid] : children_) sockets_.close(fd);
}

Status Handover::listen(const std::string& upgrade_socket, int inherited) {
  Result<Address> address = Address::parse("unix:" + upgrade_socket);
  Status status = address.status();
  if (status.is_ok() && inherited >= 0) {
    status = listener_.inherit(inherited, {});
  } else if (status.is_ok()) {
    // Between bind() and a chmod() others could connect.
    const mode_t before = ::umask(0177);
    status = listener_.open(*address, {});
    ::umask(before);
  }
  if (status.is_ok()) status = watcher_.watch(listener_.fd(), [this] { accept(); });
  if (!status.is_ok()) return Status::error("upgrade-socket: " + status.message());
  listener_name_ = name(upgrade_socket);
  return Status::ok();
}

void Handover::accept() {
  listener_.accept_ready([this](int fd, const Address&) {
    const Status status = lend([this, fd](const Bequests& all) { return hand_over(fd, all); });
    if (status.is_ok()) return;
    WEIR_LOG(kWarning, "the listeners were not handed over: %s", status.message().c_str());
    sockets_.close(fd);
  });
}

// What is sent are second descriptors, of which none is to be left here.
Status Handover::lend(const std::function<Status(const Bequests&)>& send) {
  const Result<Bequests> all = bequeath_();
  if (!all.is_ok()) return all.status();
  const Status status = send(all.value());
  for (const Bequest& bequest : all.value()) bequest.close(sockets_);
  return status;
}

Status Handover::hand_over(int fd, const Bequests& bequests) {
  Status status = send_all(fd, bequests);
  if (status.is_ok()) status = watcher_.watch(fd, [this, fd] { hear(fd); });
  if (status.is_ok()) successors_.push_back(fd);
  return status;
}

// A few hundred bytes into a fresh socket: there is room.
Status Handover::send_all(int fd, const Bequests& bequests) {
  Status status;
  for (const Bequest& bequest : bequests) {
    if (status.is_ok()) status = Bequest::send(sockets_, fd, bequest);
  }
  if (status.is_ok() && listener_.fd() >= 0) {
    status = Bequest::send(sockets_, fd, {listener_name_, {listener_.fd()}});
  }
  return status.is_ok() ? Bequest::send(sockets_, fd, {.address = ""}) : status;
}

void Handover::hear(int fd) {
  Bequest word;
  const int error = Bequest::receive(sockets_, fd, word);
  word.close(sockets_);  // a successor sends none
  if (error == -EAGAIN || error == -EINTR) return;
  forget(fd);
  if (error == 0) return succeed();
  WEIR_LOG(kWarning, "a successor ended before it served: this server goes on");
}

// One that gives up is not to stay behind as a zombie.
void Handover::watch_child(pid_t pid) {
  const int fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (fd < 0) return;
  children_[fd] = pid;
  const Status status = watcher_.watch(fd, [this, fd] { bury(fd); });
  if (!status.is_ok())
    WEIR_LOG(kWarning, "a successor is not watched: %s", status.message().c_str());
}

void Handover::bury(int pid_fd) {
  ::waitpid(children_[pid_fd], nullptr, WNOHANG);
  watcher_.unwatch(pid_fd);
  sockets_.close(pid_fd);
  children_.erase(pid_fd);
}

void Handover::forget(int fd) {
  watcher_.unwatch(fd);
  std::erase(successors_, fd);
  sockets_.close(fd);
}

void Handover::succeed() {
  if (std::exchange(retired_, true)) return;
  WEIR_LOG(kNotice, "a successor serves: retiring");
  if (listener_.fd() >= 0) {
    watcher_.unwatch(listener_.fd());
    listener_.own_path(false);
    listener_.close();
  }
  retire_();
}

bool Handover::stop_listening() {
  const bool has_successor = retired_ || !successors_.empty();
  if (listener_.fd() < 0) return has_successor;
  watcher_.unwatch(listener_.fd());
  if (has_successor) listener_.own_path(false);
  listener_.close();
  return has_successor;
}

void Handover::leave_to_parent() {
  retired_ = true;
  listener_.own_path(false);
  listener_.close();
  for (const int fd : successors_) sockets_.close(fd);
  successors_.clear();
}

Status Handover::start_successor() {
  if (retired_) return Status::error("this server has a successor already");
  return lend([this](const Bequests& all) { return start(all); });
}

Status Handover::start(const Bequests& bequests) {
  int ends[2] = {-1, -1};
  const int result = sockets_.make_pair(ends);
  if (result < 0) return Status::from_errno(-result, "cannot create a pair of sockets");
  const Result<pid_t> started = start_again(Bequest::kVariable, ends[1]);
  sockets_.close(ends[1]);
  Status status = started.status();
  if (status.is_ok()) {
    watch_child(started.value());
    status = hand_over(ends[0], bequests);
  }
  if (!status.is_ok()) sockets_.close(ends[0]);
  return status;
}

}  // namespace weir
