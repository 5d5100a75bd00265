// What a server has open to the world: the sockets of all its addresses, for connections and for
// datagrams, each with the places that serve it. A place is a reactor, or under prefork a process,
// whose one reactor it is. The estate comes from a predecessor, if there is one, and goes to a
// successor.
//
// Main thread, before the engine runs; then bequests() and own_paths() on any thread, close() where
// no reactor runs.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "core/address.h"
#include "core/admission.h"
#include "core/bequest.h"
#include "core/datagram_arena.h"
#include "core/datagram_endpoint.h"
#include "core/datagram_group.h"
#include "core/datagram_options.h"
#include "core/datagram_session.h"
#include "core/inheritance.h"
#include "core/listener_group.h"
#include "core/options.h"
#include "core/reactor.h"
#include "core/session.h"
#include "core/sockets.h"
#include "core/threading_model.h"

namespace weir {

class Estate {
 public:
  using Reactors = std::vector<std::unique_ptr<Reactor>>;

  // All references outlive it, except that the reactors may be gone when it is destroyed.
  Estate(Sockets& sockets, const Options& options, const Reactors& reactors,
         Inheritance& inheritance, Admission& admission);
  Estate(const Estate&) = delete;
  Estate& operator=(const Estate&) = delete;

  // The sockets of one more address, which every place of this process serves; under prefork none
  // does before serve(). After an error there are none. Returns what the first is bound to.
  Result<Address> listen(std::string_view text, Service service);
  Result<Address> listen_datagrams(std::string_view text, DatagramReceiver receiver,
                                   const DatagramOptions& options);

  // In the process that is `place`: what is another's is closed.
  Status serve(std::uint32_t place);
  // In their parent: the place's process has died.
  void abandon_turns(std::uint32_t place);

  // For a successor: second descriptors, the caller's. An error where they can't be had, e.g. when
  // this server stops.
  Result<std::vector<Bequest>> bequests() const;
  // This server serves where its `reactors_run`, or is about to fork: every place that is to have a
  // socket for datagrams gets one. Should it end in between, what these were dealt is lost.
  void complete(bool reactors_run);
  // Whether the unix paths are to be removed with their sockets: not where another serves there.
  void own_paths(bool own);
  void close();

  const std::vector<Address>& addresses() const { return addresses_; }
  const std::vector<DatagramEndpoint*>& endpoints() const { return endpoints_; }
  // "ADDRESS ADDRESS...": of connections, then of datagrams.
  std::string describe() const;

 private:
  // The sockets of one address, by their name among the bequests.
  template <class Group>
  struct Served {
    std::string name;
    std::unique_ptr<Group> group;
  };

  bool prefork() const { return options_.model == ThreadingModel::kPrefork; }
  Result<Address> open(const Address& address, Service service);
  Result<Address> open(const Address& address, DatagramReceiver receiver,
                       const DatagramOptions& options);
  std::string name(const std::string& address) const;
  Status open_listeners(const Address& address, const std::string& name, ListenerGroup& group);
  Status accept_at(std::uint32_t place, ListenerGroup& group, Reactor& reactor);
  std::vector<DatagramGroup::Place> datagram_places();

  Sockets& sockets_;
  const Options& options_;
  const Placement placement_;
  const Reactors& reactors_;
  Inheritance& inheritance_;
  Admission& admission_;
  std::vector<Served<ListenerGroup>> listeners_;
  std::vector<Address> addresses_;
  std::vector<std::unique_ptr<DatagramArena>> arenas_;  // of each place that has endpoints
  std::vector<Served<DatagramGroup>> datagrams_;
  std::vector<DatagramEndpoint*> endpoints_;  // of all groups, by their numbers
};

}  // namespace weir
