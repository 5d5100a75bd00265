// Names to addresses without blocking a reactor: c-ares, whose sockets the reactor watches and
// whose timeouts its timers keep.
//
// /etc/hosts goes first, then the name servers, those of /etc/resolv.conf unless others are given.
// The addresses of a name come in the order of RFC 6724: first what can be reached from here.
// What it reads from disk is small and local: the configuration once, with the first name (about
// 0.1 ms), and /etc/hosts with each.
//
// Who asks for a name that is asked for already waits for the same answer. One that was cancelled
// stays with c-ares, unheard, as c-ares can only forget all: it does once nobody waits any more.
//
// Thread rule: the reactor's thread only, but made before its run() and destroyed after it also.
// Bounds: max_queries who wait and twice as many names in c-ares' hands, each for at most about 7
// timeouts with 3 tries and one server. Invariant: no exception passes through c-ares, and nothing
// that it calls needs memory to tell of an answer.
#pragma once

#include <ares.h>

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/status.h"
#include "core/address.h"
#include "core/reactor.h"

namespace weir {

class Resolver {
 public:
  struct Options {
    std::string name_servers = {};  // "10.0.0.1,10.0.0.2:5353,[::1]:53"; empty: the system's
    int timeout_ms = 2000;          // of the first try at a server; each further one takes twice
    int tries = 3;                  // at each server
    std::size_t max_queries = 1024;
  };

  // Gets at least one address, or a status that names the host and the reason. May call everything
  // here, and destroy the resolver; does not throw.
  using Done = std::function<void(Result<std::vector<Address>>)>;
  // Never used again: an old one is a harmless false of cancel(). 0 names none.
  using QueryId = std::uint64_t;

  // `reactor` outlives it.
  Resolver(Reactor& reactor, Options options);
  // As if everything was cancelled.
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // Calls `done` once, never from inside this call, with `host`'s addresses and `port`. The error:
  // too many queries, or c-ares cannot start; `done` is not called then.
  Result<QueryId> resolve(const std::string& host, std::uint16_t port, Done done);
  // True if it was pending: its `done` is destroyed and will not be called.
  bool cancel(QueryId query);

 private:
  struct FreeAnswer {
    void operator()(ares_addrinfo* answer) const { ares_freeaddrinfo(answer); }
  };

  // A name in c-ares' hands, then its answer until all who wait have been told.
  struct Lookup {
    Resolver& resolver;
    const std::string host;
    std::set<QueryId> waiting = {};
    bool answered = false;
    int status = ARES_SUCCESS;
    std::unique_ptr<ares_addrinfo, FreeAnswer> answer = {};
    std::list<Lookup>::iterator place = {};  // in asked_ or answered_
  };

  // Somebody who waits.
  struct Query {
    Lookup& lookup;
    std::uint16_t port;
    Done done;
  };

  // One of c-ares' sockets, from its making to its close.
  struct Watched {
    Interest interest = {};
    Source* source = nullptr;  // none before c-ares wants it, and while there is no memory for it
  };

  struct Callbacks;  // what c-ares calls

  Status open();
  Lookup& begin(const std::string& host);
  void take_answer(Lookup& lookup, int status, ares_addrinfo* answer) noexcept;
  void tell_answered() noexcept;
  static Result<std::vector<Address>> outcome(const Lookup& lookup, std::uint16_t port) noexcept;
  void forget_unwanted();
  void watch(int fd, Interest interest);
  void add_source(int fd, Watched& watched);
  void process(ares_socket_t readable, ares_socket_t writable);
  void set_timer();
  void on_timer();

  Reactor& reactor_;
  const Options options_;
  ares_channel channel_ = nullptr;
  QueryId last_id_ = 0;
  std::map<QueryId, Query> queries_;
  std::list<Lookup> asked_;
  std::list<Lookup> answered_;
  std::map<std::string_view, Lookup*> shared_;  // of asked_, those that somebody waits for
  std::unordered_map<int, Watched> watched_;
  TimerId timer_;
  TimerId delivery_;           // of what was answered within resolve()
  bool* destroyed_ = nullptr;  // while some are told
};

}  // namespace weir
