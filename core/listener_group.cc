#include "core/listener_group.h"

#include <utility>

namespace weir {

ListenerGroup::ListenerGroup(Sockets& sockets, Accepting how, std::uint32_t places, Service service)
    : sockets_(sockets),
      how_(how),
      accepting_(how == Accepting::kReactor0 ? 1 : places),
      service_(std::make_unique<Service>(std::move(service))) {}

Status ListenerGroup::open(const Address& address, const Listener::Options& given,
                           std::vector<int> inherited) {
  Listener::Options options = given;
  options.reuse_port = how_ == Accepting::kOwnSockets;
  Status status;
  if (!inherited.empty()) {
    status = inherit(std::move(inherited), options);
  } else {
    if (options.reuse_port) status = check_port_is_free(address);
    const std::size_t sockets = options.reuse_port ? accepting_ : 1;
    if (status.is_ok()) status = open_sockets(address, options, sockets);
  }
  if (status.is_ok()) status = share_sockets();
  if (status.is_ok() && how_ == Accepting::kTurns) status = open_mutexes();
  return status;
}

// SO_REUSEPORT would let a second server of the same user share the port unnoticed, and the kernel
// would deal it half of the clients.
Status ListenerGroup::check_port_is_free(const Address& address) {
  if (address.port() == 0) return Status::ok();
  Listener probe(sockets_, *service_);
  return probe.open(address, {});
}

Status ListenerGroup::open_sockets(const Address& address, const Listener::Options& options,
                                   std::size_t count) {
  for (opened_ = 0; opened_ < count; ++opened_) {
    // The port that the kernel chose for the first is the others' too.
    const Address bound = opened_ == 0 ? address : seats_.front().listener->address();
    const Status status = add(place_of(opened_), opened_).open(bound, options);
    if (!status.is_ok()) return status;
  }
  return Status::ok();
}

// A failure closes those that are not taken over yet.
Status ListenerGroup::inherit(std::vector<int> sockets, const Listener::Options& options) {
  Status status;
  for (const int fd : sockets) {
    if (status.is_ok()) {
      status = add(place_of(opened_), opened_).inherit(fd, options);
      ++opened_;
    } else {
      sockets_.close(fd);
    }
  }
  return status;
}

// Each place gets a descriptor of its own of every socket that all accept on, or of one where a
// predecessor left fewer sockets than there are places.
Status ListenerGroup::share_sockets() {
  const bool all = how_ == Accepting::kSharedSocket || how_ == Accepting::kTurns;
  for (std::uint32_t place = 0; place < accepting_; ++place) {
    for (std::size_t socket = 0; socket < opened_; ++socket) {
      const bool own = place_of(socket) == place;
      const bool needs = all || (place >= opened_ && socket == place % opened_);
      if (own || !needs) continue;
      const Status status = add(place, socket).share(*seats_[socket].listener);
      if (!status.is_ok()) return status;
      seats_[socket].listener->set_shared();
    }
  }
  return Status::ok();
}

Status ListenerGroup::open_mutexes() {
  for (std::size_t i = 0; i < opened_; ++i) {
    mutexes_.push_back(std::make_unique<AcceptMutex>(sockets_));
    const Status status = mutexes_.back()->open();
    if (!status.is_ok()) return status;
  }
  return Status::ok();
}

Listener& ListenerGroup::add(std::uint32_t place, std::size_t socket) {
  seats_.push_back({std::make_unique<Listener>(sockets_, *service_), place, socket});
  return *seats_.back().listener;
}

Acceptor::Turns ListenerGroup::turns(const Seat& seat) const {
  if (how_ != Accepting::kTurns) return {};
  return {mutexes_[seat.socket].get(), seat.place};
}

Result<std::vector<int>> ListenerGroup::duplicate() const {
  std::vector<int> duplicates;
  for (std::size_t i = 0; i < opened_; ++i) {
    const int fd = seats_[i].listener->duplicate();
    if (fd >= 0) {
      duplicates.push_back(fd);
      continue;
    }
    for (const int made : duplicates) sockets_.close(made);
    return Status::from_errno(-fd, "cannot duplicate the socket of " + address().to_string());
  }
  return duplicates;
}

void ListenerGroup::own_paths(bool own) {
  for (std::size_t i = 0; i < opened_; ++i) seats_[i].listener->own_path(own);
}

void ListenerGroup::close() {
  for (const Seat& seat : seats_) seat.listener->close();
}

void ListenerGroup::close_others(std::uint32_t place) {
  for (const Seat& seat : seats_) {
    if (seat.place != place) seat.listener->close();
  }
}

void ListenerGroup::abandon_turns(std::uint32_t place) {
  for (const auto& mutex : mutexes_) mutex->abandon(place);
}

}  // namespace weir
