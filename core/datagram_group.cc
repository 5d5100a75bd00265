#include "core/datagram_group.h"

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

#include "core/datagram_socket.h"
#include "core/log.h"
#include "core/multicast.h"

namespace weir {

Status DatagramGroup::open(const Address& address, std::span<const Place> places,
                           std::uint32_t first_index, const SocketOptions& socket_options,
                           std::vector<int> inherited) {
  socket_options_ = socket_options;
  places_ = places.size();
  const std::size_t own = is_multicast(address) ? 1 : places.size();
  for (std::size_t i = 0; i < std::max(own, inherited.size()); ++i) {
    const Place& place = places[i % places_];
    endpoints_.push_back(std::make_unique<DatagramEndpoint>(
        place.reactor, sockets_, place.arena, first_index + static_cast<std::uint32_t>(i),
        receiver_, options_));
  }
  const bool inherits = !inherited.empty();
  opened_ = inherits ? inherited.size() : endpoints_.size();
  Status status = inherits ? inherit(std::move(inherited)) : Status::ok();
  if (status.is_ok()) status = check(address);
  if (status.is_ok() && !inherits) status = open_sockets(address);
  if (status.is_ok()) status = join_groups(address, inherits);
  if (!status.is_ok()) close();
  return status;
}

// A failure closes those that are not taken over yet.
Status DatagramGroup::inherit(std::vector<int> sockets) {
  Status status;
  for (std::size_t i = 0; i < sockets.size(); ++i) {
    if (status.is_ok()) {
      status = endpoints_[i]->inherit(sockets[i], socket_options_);
    } else {
      sockets_.close(sockets[i]);
    }
  }
  address_ = endpoints_.front()->address();
  return status;
}

Status DatagramGroup::open_sockets(const Address& address) {
  using Port = DatagramSocket::Port;
  const Port first = endpoints_.size() == 1 ? Port::kAlone : Port::kFirst;
  Status status = endpoints_.front()->open(address, first, socket_options_);
  // The port that the kernel chose for the first is the others' too.
  address_ = endpoints_.front()->address();
  for (std::size_t i = 1; i < endpoints_.size() && status.is_ok(); ++i) {
    status = endpoints_[i]->open(address_, Port::kNext, socket_options_);
  }
  return status;
}

Status DatagramGroup::check(const Address& address) const {
  if (options_.max_sessions == 0) return Status::error("max_sessions 0: expected at least 1");
  if (!is_multicast(address) || !options_.multicast.groups.empty()) return Status::ok();
  return Status::error("address 'udp://" + address.to_ip_port() +
                       "': a multicast group, which DatagramOptions::multicast.groups must name "
                       "too, with the interface");
}

// What is inherited stays a member, also of the predecessor's groups that are not named here: the
// kernel does not tell which.
Status DatagramGroup::join_groups(const Address& address, bool inherited) {
  for (const Multicast::Group& group : options_.multicast.groups) {
    DatagramEndpoint& first = *endpoints_.front();
    const Status status = inherited ? first.stay_in(group) : first.join(group);
    if (!status.is_ok()) {
      return Status::error("udp://" + address.to_ip_port() + ": " + status.message());
    }
  }
  return Status::ok();
}

Status DatagramGroup::start(std::size_t place) {
  Status status;
  for (std::size_t i = place; i < endpoints_.size() && status.is_ok(); i += places_) {
    if (endpoints_[i]->is_open()) status = endpoints_[i]->start();
  }
  return status;
}

void DatagramGroup::complete(bool reactors_run) {
  for (std::size_t i = opened_; i < endpoints_.size(); ++i) {
    join_port(i);
    if (reactors_run && endpoints_[i]->is_open()) start_on_its_reactor(*endpoints_[i]);
  }
}

void DatagramGroup::join_port(std::size_t index) {
  Status status = endpoints_.front()->share_port();
  if (status.is_ok()) {
    status = endpoints_[index]->open(address_, DatagramSocket::Port::kNext, socket_options_);
  }
  if (status.is_ok()) return;
  WEIR_LOG(kWarning, "udp://%s is served by %zu sockets, not %zu: %s",
           address_.to_ip_port().c_str(), index, endpoints_.size(), status.message().c_str());
}

void DatagramGroup::start_on_its_reactor(DatagramEndpoint& endpoint) {
  endpoint.reactor().post([&endpoint] {
    if (endpoint.reactor().is_stopping()) return endpoint.close();
    const Status status = endpoint.start();
    if (status.is_ok()) return;
    endpoint.close();
    WEIR_LOG(kWarning, "a socket of a datagram address is not served: %s",
             status.message().c_str());
  });
}

Result<std::vector<int>> DatagramGroup::duplicate() const {
  std::vector<int> duplicates;
  for (const auto& endpoint : endpoints_) {
    const int fd = endpoint->duplicate();
    if (fd >= 0) duplicates.push_back(fd);
    if (fd >= 0 || (fd == -EBADF && !duplicates.empty())) continue;  // it could not be had
    for (const int made : duplicates) sockets_.close(made);
    return Status::from_errno(-fd, "cannot duplicate the socket of udp://" + address_.to_ip_port());
  }
  return duplicates;
}

void DatagramGroup::close() {
  for (const auto& endpoint : endpoints_) endpoint->close();
}

void DatagramGroup::close_others(std::size_t place) {
  for (std::size_t i = 0; i < endpoints_.size(); ++i) {
    if (i % places_ != place) endpoints_[i]->close();
  }
}

}  // namespace weir
