// Where a server's five steps run: accept, read, decode, handle, write. A model is nothing but this
// placement; the code that uses the engine never knows under which one it runs.
//
//   model      accept                       read, decode, handle, write      known from
//   single     the one reactor              the one reactor                  Redis up to 5
//   handoff    reactor 0, the acceptor      worker reactors 1..N             memcached, netty
//   reuseport  every reactor, own socket    the reactor that accepted        gnet, Envoy, nginx
//   io_threads reactor 0                    reactor 0 handles, threads do    Redis 6 and 7
//                                           the rest for it
//   exclusive  every reactor, one socket    the reactor that accepted        nginx from 1.11
//   prefork    every process                the process that accepted        nginx, Apache
//
// Values: any thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/status.h"
#include "core/address.h"

namespace weir {

enum class ThreadingModel { kSingle, kHandoff, kReuseport, kExclusive, kIoThreads, kPrefork };

// "single", "handoff", "reuseport", "exclusive", "io_threads", "prefork".
std::string_view threading_model_name(ThreadingModel model);
// The reverse; the error says what is accepted.
Result<ThreadingModel> parse_threading_model(std::string_view name);

// How the processes of prefork share out what there is to accept.
enum class PreforkAccept {
  kMutex,      // in turns: one of them watches the socket
  kExclusive,  // all watch one socket; the kernel wakes one of them
  kReuseport,  // from a socket each
};

struct Placement {
  std::uint32_t reactors;      // in a process
  std::uint32_t first_worker;  // reactors from this one on have connections
  std::uint32_t io_threads;    // of each reactor, itself among them
  std::uint32_t processes;     // that serve
};

// `threads` is the number of reactors that handle requests, or under io_threads of those that
// receive, decode and send for one, or under prefork of processes; `single` always has one.
Placement place(ThreadingModel model, std::uint32_t threads);

// Who accepts, and from which socket.
enum class Accepting {
  kReactor0,      // and deals
  kOwnSockets,    // every reactor, from a socket of its own that shares the port
  kSharedSocket,  // every reactor, from the one socket; the kernel wakes one of them
  kTurns,         // every process, from the one socket, one after the other
};

// A unix path has one socket under every model. `prefork` counts under that model only.
Accepting accepting(ThreadingModel model, const Address& address,
                    PreforkAccept prefork = PreforkAccept::kExclusive);

// Whether handlers of different connections run at the same time in a process: shared state needs
// locks.
bool handles_in_parallel(ThreadingModel model, std::uint32_t threads);

}  // namespace weir
