// Names to addresses without blocking a reactor: c-ares, whose sockets the reactor watches and
// whose timeouts its timers keep.
//
// /etc/hosts goes first, then the name servers, those of /etc/resolv.conf unless others are given.
// The addresses of a name come in the order of RFC 6724: first what can be reached from here.
// What it reads from disk is small and local: the configuration once, with the first name (about
// 0.1 ms), and /etc/hosts with each.
//
// Thread rule: the reactor's thread only, but made before its run() and destroyed after it also.
// Bounds: max_queries at a time, each for at most about 7 timeouts with 3 tries and one server.
#pragma once

#include <ares.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/address.h"
#include "core/reactor.h"
#include "core/status.h"

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
  // here, and destroy the resolver.
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
  // In c-ares' hands until it is answered, then in a timer's that tells. One that was cancelled in
  // c-ares' hands has no `done` any more.
  struct Query {
    Resolver* resolver;
    QueryId id;
    std::string host;
    std::uint16_t port;
    Done done;
    bool answered = false;
    Status error = {};
    std::vector<Address> addresses = {};
    TimerId delivery = {};
  };

  // One of c-ares' sockets.
  struct Watched {
    Interest interest;
    Source* source = nullptr;  // none while the kernel has no memory for it
  };

  static void on_answer(void* query, int status, int timeouts, ares_addrinfo* found);
  static void on_socket_state(void* resolver, ares_socket_t fd, int readable, int writable);

  Status open();
  void answer(Query& query, int status, const ares_addrinfo* found);
  void deliver(QueryId id);
  void watch(int fd, Interest interest);
  void add_source(int fd, Watched& watched);
  void process(ares_socket_t readable, ares_socket_t writable);
  void set_timer();
  void on_timer();

  Reactor& reactor_;
  const Options options_;
  ares_channel channel_ = nullptr;
  QueryId last_id_ = 0;
  std::map<QueryId, std::unique_ptr<Query>> queries_;
  std::size_t wanted_ = 0;  // in c-ares' hands and not cancelled
  std::unordered_map<int, Watched> watched_;
  TimerId timer_;
};

}  // namespace weir
