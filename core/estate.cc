#include "core/estate.h"

#include <utility>

namespace weir {

Estate::Estate(Sockets& sockets, const Options& options, const Reactors& reactors,
               Inheritance& inheritance, Admission& admission)
    : sockets_(sockets),
      options_(options),
      placement_(place(options.model, options.threads)),
      reactors_(reactors),
      inheritance_(inheritance),
      admission_(admission) {}

Result<Address> Estate::listen(const Address& address, Service service) {
  const Accepting how = accepting(options_.model, address, options_.prefork_accept);
  const std::uint32_t places = prefork() ? placement_.processes : placement_.reactors;
  auto group = std::make_unique<ListenerGroup>(sockets_, how, places, std::move(service));
  Status status = open_listeners(address, *group);
  for (std::uint32_t i = 0; i < reactors_.size() && status.is_ok() && !prefork(); ++i) {
    status = accept_at(i, *group, *reactors_[i]);
  }
  if (!status.is_ok()) {
    for (const ListenerGroup::Seat& seat : group->seats()) {
      if (!prefork()) reactors_[seat.place]->remove_listener(*seat.listener);
    }
    return status;
  }
  addresses_.push_back(group->address());
  listening_.push_back({address.to_string(), std::move(group)});
  return addresses_.back();
}

Status Estate::open_listeners(const Address& address, ListenerGroup& group) {
  Listener::Options options;
  options.backlog = options_.backlog;
  options.keepalive_s = options_.keepalive_s;
  options.sockets = options_.sockets;
  return group.open(address, options, inheritance_.take(address.to_string()));
}

Status Estate::accept_at(std::uint32_t place, ListenerGroup& group, Reactor& reactor) {
  for (const ListenerGroup::Seat& seat : group.seats()) {
    if (seat.place != place) continue;
    const Status status = reactor.add_listener(
        *seat.listener, admission_.dealer(group.address(), reactor), group.turns(seat));
    if (!status.is_ok()) return status;
  }
  return Status::ok();
}

Result<Address> Estate::listen_datagrams(const Address& address, DatagramReceiver receiver,
                                         const DatagramOptions& options) {
  auto group = std::make_unique<DatagramGroup>(sockets_, std::move(receiver), options);
  const std::vector<DatagramGroup::Place> places = datagram_places();
  Status status =
      group->open(address, places, static_cast<std::uint32_t>(endpoints_.size()), options_.sockets);
  for (std::size_t i = 0; i < places.size() && status.is_ok() && !prefork(); ++i) {
    status = group->start(i);
  }
  if (!status.is_ok()) {
    group->close();
    return status;
  }
  for (const auto& endpoint : group->endpoints()) endpoints_.push_back(endpoint.get());
  datagram_groups_.push_back(std::move(group));
  return datagram_groups_.back()->address();
}

// Those that handle: reactors, or processes whose reactor has the same number.
std::vector<DatagramGroup::Place> Estate::datagram_places() {
  const std::size_t count =
      prefork() ? placement_.processes : placement_.reactors - placement_.first_worker;
  while (arenas_.size() < count) arenas_.push_back(std::make_unique<DatagramArena>());
  std::vector<DatagramGroup::Place> places;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t reactor = prefork() ? 0 : placement_.first_worker + i;
    places.push_back({*reactors_[reactor], *arenas_[i]});
  }
  return places;
}

Status Estate::serve(std::uint32_t place) {
  Status status;
  for (const Listening& one : listening_) {
    one.group->own_paths(false);
    one.group->close_others(place);
    if (status.is_ok()) status = accept_at(place, *one.group, *reactors_[0]);
  }
  for (const auto& group : datagram_groups_) {
    group->close_others(place);
    if (status.is_ok()) status = group->start(place);
  }
  return status;
}

void Estate::abandon_turns(std::uint32_t place) {
  for (const Listening& one : listening_) one.group->abandon_turns(place);
}

Result<std::vector<Bequest>> Estate::bequests() const {
  if (!datagram_groups_.empty()) {
    return Status::error("this server has datagram sockets, which cannot be handed over");
  }
  std::vector<Bequest> all;
  for (const Listening& one : listening_) {
    Result<std::vector<int>> sockets = one.group->duplicate();
    if (!sockets.is_ok()) {
      for (const Bequest& bequest : all) bequest.close(sockets_);
      return sockets.status();
    }
    all.push_back({one.requested, std::move(*sockets)});
  }
  return all;
}

void Estate::own_paths(bool own) {
  for (const Listening& one : listening_) one.group->own_paths(own);
}

void Estate::close() {
  for (const Listening& one : listening_) one.group->close();
  for (const auto& group : datagram_groups_) group->close();
}

std::string Estate::describe() const {
  std::string text;
  for (const Address& address : addresses_) text += " " + address.to_string();
  for (const auto& group : datagram_groups_) text += " udp://" + group->address().to_ip_port();
  return text.empty() ? text : text.substr(1);
}

}  // namespace weir
