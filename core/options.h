// What a server is told at start-up: where to listen, the threading model, the back end. The flags
// here are common to all servers; a server adds its own to the same FlagSet.
//
// Main thread, before the engine is made.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "core/backend.h"
#include "core/balancer.h"
#include "core/flags.h"
#include "core/handoff_queue.h"
#include "core/socket_options.h"
#include "core/threading_model.h"

namespace weir {

struct Options {
  std::vector<std::string> bind = {"127.0.0.1"};
  std::uint16_t port = 0;  // 0: the kernel chooses one
  std::string unix_socket;

  ThreadingModel model = ThreadingModel::kSingle;
  std::uint32_t threads = 1;  // reactors that handle requests; under prefork processes
  BackendKind backend = BackendKind::kEpoll;
  std::size_t read_budget = kReadBytes;  // of a connection, a tick
  std::int64_t idle_poll_us = 0;         // an idle reactor looks so long before it sleeps
  HandoffNotify handoff_notify = HandoffNotify::kPipe;
  BalancerPolicy balancer = BalancerPolicy::kRoundRobin;
  PreforkAccept prefork_accept = PreforkAccept::kExclusive;
  std::string name_servers;  // of Engine::connect(): "10.0.0.1,[::1]:53"; empty: the system's
  std::uint32_t max_connections = 0;  // accepted and closed at once beyond it; 0: no bound
  std::uint64_t buffer_budget = 0;    // bytes, of the process: core/buffer_budget.h; 0: none
  int backlog = 511;
  int keepalive_s = 300;          // idle seconds before a peer is probed; 0: never
  SocketOptions sockets;          // on top of TCP_NODELAY and the keepalive
  std::vector<int> cpus;          // reactor i runs on cpus[i mod their number]; empty: anywhere
  int drain_ms = 5000;            // what a stop gives connections to finish
  std::string upgrade_socket;     // where a successor gets the listeners; empty: nowhere
  int upgrade_drain_ms = 60'000;  // what an upgrade gives connections to end by themselves
  bool handle_signals = true;     // SIGTERM and SIGINT stop, SIGUSR2 upgrades; no flag

  void add_flags(FlagSet& flags);

  // The addresses of bind, port and unix_socket, as Engine::listen() takes them.
  std::vector<std::string> addresses() const;
  // The same of bind and port, as Engine::listen_datagrams() takes them.
  std::vector<std::string> datagram_addresses() const;

  // What the engine refuses, however it was set: a number out of range.
  Status check_ranges() const;
  // After `flags` have been parsed: what each of them alone cannot tell. The error is one sentence.
  Status check(const FlagSet& flags) const;

  // For a main(): the options from the command line. On --help prints the help and ends the process
  // with 0; on a bad flag prints one sentence and ends it with 2.
  static Options from_flags(int argc, const char* const* argv, Options defaults,
                            std::span<const std::string_view> examples = {});

 private:
  Status set_socket_option(std::string_view text);
  std::vector<std::string> ip_addresses(const std::string& transport) const;
};

std::string_view backend_name(BackendKind kind);

}  // namespace weir
