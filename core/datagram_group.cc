#include "core/datagram_group.h"

#include <string>

#include "core/multicast.h"

namespace weir {

Status DatagramGroup::open(const Address& address, std::span<const Place> places,
                           std::uint32_t first_index, const SocketOptions& socket_options) {
  Status status = check(address);
  const std::size_t sockets = is_multicast(address) ? 1 : places.size();
  for (std::size_t i = 0; i < sockets && status.is_ok(); ++i) {
    endpoints_.push_back(std::make_unique<DatagramEndpoint>(
        places[i].reactor, sockets_, places[i].arena, first_index + static_cast<std::uint32_t>(i),
        receiver_, options_));
    using Port = DatagramSocket::Port;
    const Port port = sockets == 1 ? Port::kAlone : i == 0 ? Port::kFirst : Port::kNext;
    // The port that the kernel chose for the first is the others' too.
    const Address bound = i == 0 ? address : endpoints_.front()->address();
    status = endpoints_[i]->open(bound, port, socket_options);
  }
  if (status.is_ok()) status = join_groups(address);
  if (!status.is_ok()) close();
  return status;
}

Status DatagramGroup::check(const Address& address) const {
  if (options_.max_sessions == 0) return Status::error("max_sessions 0: expected at least 1");
  if (!is_multicast(address) || !options_.multicast.groups.empty()) return Status::ok();
  return Status::error("address 'udp://" + address.to_ip_port() +
                       "': a multicast group, which DatagramOptions::multicast.groups must name "
                       "too, with the interface");
}

Status DatagramGroup::join_groups(const Address& address) {
  for (const Multicast::Group& group : options_.multicast.groups) {
    const Status status = endpoints_.front()->join(group);
    if (!status.is_ok()) {
      return Status::error("udp://" + address.to_ip_port() + ": " + status.message());
    }
  }
  return Status::ok();
}

Status DatagramGroup::start(std::size_t place) {
  return place < endpoints_.size() ? endpoints_[place]->start() : Status::ok();
}

void DatagramGroup::close() {
  for (const auto& endpoint : endpoints_) endpoint->close();
}

void DatagramGroup::close_others(std::size_t place) {
  for (std::size_t i = 0; i < endpoints_.size(); ++i) {
    if (i != place) endpoints_[i]->close();
  }
}

}  // namespace weir
