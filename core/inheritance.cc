#include "core/inheritance.h"

#include <poll.h>
#include <stdlib.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <iterator>

#include "core/address.h"
#include "core/flags.h"
#include "core/log.h"

namespace weir {

Inheritance::~Inheritance() { close(); }

Status Inheritance::claim(const std::string& upgrade_socket) {
  Status status = find_predecessor(upgrade_socket);
  if (status.is_ok() && predecessor_ >= 0) status = receive_all();
  return status;
}

Status Inheritance::find_predecessor(const std::string& upgrade_socket) {
  if (const char* given = ::getenv(Bequest::kVariable); given != nullptr) {
    const Result<std::uint64_t> fd = parse_uint(given, 0, INT_MAX);
    if (!fd.is_ok()) {
      return Status::error(std::string(Bequest::kVariable) + "=" + given +
                           " in the environment: " + fd.status().message());
    }
    predecessor_ = static_cast<int>(fd.value());
    ::unsetenv(Bequest::kVariable);  // ours alone, not our children's
    return Status::ok();
  }
  if (upgrade_socket.empty()) return Status::ok();
  Result<Address> address = Address::parse("unix:" + upgrade_socket);
  if (!address.is_ok()) return address.status();
  const int fd = sockets_.socket(AF_UNIX, SOCK_STREAM);
  if (fd < 0) return Status::from_errno(-fd, "cannot create a socket");
  const int result = sockets_.connect(fd, address->data(), address->length());
  if (result >= 0) {
    predecessor_ = fd;
    return Status::ok();
  }
  sockets_.close(fd);
  if (result == -ENOENT || result == -ECONNREFUSED) return Status::ok();  // nobody there
  return Status::from_errno(
      -result, "cannot ask the server at upgrade-socket " + upgrade_socket + " for its listeners");
}

Status Inheritance::receive_all() {
  for (;;) {
    Bequest bequest;
    const int error = Bequest::receive(sockets_, predecessor_, bequest);
    if (error == -EAGAIN) {
      const Status status = wait_readable();
      if (!status.is_ok()) return status;
      continue;
    }
    if (error == -EINTR) continue;
    if (error < 0) {
      bequest.close(sockets_);
      return Status::from_errno(-error,
                                "the server to be replaced did not hand its listeners over");
    }
    if (bequest.address.empty()) return Status::ok();
    bequests_.push_back(std::move(bequest));
  }
}

Status Inheritance::wait_readable() const {
  pollfd polled{predecessor_, POLLIN, 0};
  if (::poll(&polled, 1, kWaitMs) != 0) return Status::ok();
  return Status::error("the server to be replaced has not handed its listeners over for " +
                       std::to_string(kWaitMs / 1000) + " s");
}

std::vector<int> Inheritance::take(std::string_view address) {
  std::vector<int> taken;
  for (Bequest& bequest : bequests_) {
    if (bequest.address != address) continue;
    std::move(bequest.descriptors.begin(), bequest.descriptors.end(), std::back_inserter(taken));
    bequest.descriptors.clear();
  }
  return taken;
}

void Inheritance::confirm() {
  for (const Bequest& bequest : bequests_) {
    if (bequest.descriptors.empty()) continue;
    WEIR_LOG(kNotice, "no longer listening on %s, as the server before did",
             bequest.address.c_str());
  }
  if (predecessor_ < 0) return close();
  const Status status = Bequest::send(sockets_, predecessor_, {.address = ""});
  if (!status.is_ok()) WEIR_LOG(kWarning, "the server before is gone already");
  close();
}

void Inheritance::close() {
  close_rest();
  if (predecessor_ >= 0) sockets_.close(predecessor_);
  predecessor_ = -1;
}

void Inheritance::close_rest() {
  for (const Bequest& bequest : bequests_) bequest.close(sockets_);
  bequests_.clear();
}

}  // namespace weir
