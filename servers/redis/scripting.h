// What a server has for scripts: those it was sent, the one that runs, and for each reactor an
// interpreter and the client in whose name commands of scripts are executed.
//
// Thread rule: a seat is its reactor's, but for LuaMachine::bytes(); the rest any thread.
#pragma once

#include <cstddef>
#include <deque>

#include "servers/redis/client.h"
#include "servers/redis/script/lua_machine.h"
#include "servers/redis/script/running_script.h"
#include "servers/redis/script/script_cache.h"

namespace weir::redis {

struct ScriptSeat {
  ScriptSeat() : client(0, ConnectionId::kNone, 0) { client.peer = "lua"; }

  LuaMachine machine;
  Client client;
};

class Scripting {
 public:
  explicit Scripting(std::size_t reactors) : seats_(reactors) {}

  ScriptCache& cache() { return cache_; }
  RunningScript& running() { return running_; }
  ScriptSeat& seat(std::size_t reactor) { return seats_[reactor]; }

  // Of all interpreters.
  std::size_t machine_bytes() const {
    std::size_t total = 0;
    for (const ScriptSeat& seat : seats_) total += seat.machine.bytes();
    return total;
  }

 private:
  ScriptCache cache_;
  RunningScript running_;
  std::deque<ScriptSeat> seats_;
};

}  // namespace weir::redis
