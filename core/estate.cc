#include "core/estate.h"

#include <algorithm>
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

Result<Address> Estate::listen(std::string_view text, Service service) {
  if (Address::is_datagram_text(text)) {
    return Status::error("address '" + std::string(text) +
                         "': datagrams have no connections to listen for; listen_datagrams() "
                         "takes this address");
  }
  const Result<Address> address = Address::parse(text);
  return address.is_ok() ? open(address.value(), std::move(service)) : address.status();
}

Result<Address> Estate::listen_datagrams(std::string_view text, DatagramReceiver receiver,
                                         const DatagramOptions& options) {
  if (!Address::is_datagram_text(text)) {
    return Status::error("address '" + std::string(text) + "': expected udp://host:port");
  }
  const Result<Address> address = Address::parse(text);
  return address.is_ok() ? open(address.value(), std::move(receiver), options) : address.status();
}

Result<Address> Estate::open(const Address& address, Service service) {
  const Accepting how = accepting(options_.model, address, options_.prefork_accept);
  const std::uint32_t places = prefork() ? placement_.processes : placement_.reactors;
  auto group = std::make_unique<ListenerGroup>(sockets_, how, places, std::move(service));
  std::string bequest = name(address.to_string());
  Status status = open_listeners(address, bequest, *group);
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
  listeners_.push_back({std::move(bequest), std::move(group)});
  return addresses_.back();
}

// Whoever asks for the same address again, which can be for port 0, gets the next of its sockets.
std::string Estate::name(const std::string& address) const {
  const auto is_taken = [this](const std::string& text) {
    const auto has_name = [&text](const auto& served) { return served.name == text; };
    return std::ranges::any_of(listeners_, has_name) || std::ranges::any_of(datagrams_, has_name);
  };
  std::string text = address;
  for (int i = 2; is_taken(text); ++i) text = address + "#" + std::to_string(i);
  return text;
}

Status Estate::open_listeners(const Address& address, const std::string& name,
                              ListenerGroup& group) {
  Listener::Options options;
  options.backlog = options_.backlog;
  options.keepalive_s = options_.keepalive_s;
  options.sockets = options_.sockets;
  return group.open(address, options, inheritance_.take(name));
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

Result<Address> Estate::open(const Address& address, DatagramReceiver receiver,
                             const DatagramOptions& options) {
  auto group = std::make_unique<DatagramGroup>(sockets_, std::move(receiver), options);
  const std::vector<DatagramGroup::Place> places = datagram_places();
  std::string bequest = name("udp://" + address.to_ip_port());
  Status status = group->open(address, places, static_cast<std::uint32_t>(endpoints_.size()),
                              options_.sockets, inheritance_.take(bequest));
  for (std::size_t i = 0; i < places.size() && status.is_ok() && !prefork(); ++i) {
    status = group->start(i);
  }
  if (!status.is_ok()) {
    group->close();
    return status;
  }
  for (const auto& endpoint : group->endpoints()) endpoints_.push_back(endpoint.get());
  datagrams_.push_back({std::move(bequest), std::move(group)});
  return datagrams_.back().group->address();
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
  for (const auto& one : listeners_) {
    one.group->own_paths(false);
    one.group->close_others(place);
    if (status.is_ok()) status = accept_at(place, *one.group, *reactors_[0]);
  }
  for (const auto& one : datagrams_) {
    one.group->close_others(place);
    if (status.is_ok()) status = one.group->start(place);
  }
  return status;
}

void Estate::abandon_turns(std::uint32_t place) {
  for (const auto& one : listeners_) one.group->abandon_turns(place);
}

Result<std::vector<Bequest>> Estate::bequests() const {
  std::vector<Bequest> all;
  Status status;
  const auto bequeath = [&all, &status](const auto& served) {
    if (!status.is_ok()) return;
    Result<std::vector<int>> sockets = served.group->duplicate();
    status = sockets.status();
    if (status.is_ok()) all.push_back({served.name, std::move(*sockets)});
  };
  std::ranges::for_each(listeners_, bequeath);
  std::ranges::for_each(datagrams_, bequeath);
  if (status.is_ok()) return all;
  for (const Bequest& bequest : all) bequest.close(sockets_);
  return status;
}

void Estate::complete(bool reactors_run) {
  for (const auto& one : datagrams_) one.group->complete(reactors_run);
}

void Estate::own_paths(bool own) {
  for (const auto& one : listeners_) one.group->own_paths(own);
}

void Estate::close() {
  for (const auto& one : listeners_) one.group->close();
  for (const auto& one : datagrams_) one.group->close();
}

std::string Estate::describe() const {
  std::string text;
  for (const Address& address : addresses_) text += " " + address.to_string();
  for (const auto& one : datagrams_) text += " udp://" + one.group->address().to_ip_port();
  return text.empty() ? text : text.substr(1);
}

}  // namespace weir
