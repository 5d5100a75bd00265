// One client: who it is, what it has selected, what it does. Its session owns it.
//
// Thread rule: three kinds of state. Constants and atomics: any thread. The names: under the lock
// of Clients. Everything else: the thread of the client's reactor.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "core/connection_id.h"
#include "servers/redis/command.h"
#include "servers/redis/transaction.h"

namespace weir::redis {

// What CLIENT REPLY asked for.
enum class ReplyMode : std::uint8_t {
  kOn,
  kOff,
  kSkipThisAndNext,  // while CLIENT REPLY SKIP itself runs
  kSkipNext,         // for the command after it
};

struct Client {
  Client(std::uint64_t client_id, ConnectionId connection_id, std::int64_t now)
      : id(client_id), connection(connection_id), created_ms(now), last_active_ms(now) {}

  const std::uint64_t id;
  const ConnectionId connection;
  const std::int64_t created_ms;
  int fd = -1;
  std::string peer;  // "127.0.0.1:5000", as CLIENT LIST has it
  std::string local;
  bool unix_socket = false;

  // Written by the client's own reactor, read by CLIENT LIST on any.
  std::atomic<std::int64_t> last_active_ms;
  std::atomic<const Command*> last_command{nullptr};
  std::atomic<const Command*> last_container{nullptr};  // of a subcommand
  std::atomic<std::uint32_t> database{0};
  std::atomic<int> protocol{2};
  std::atomic<int> queued{-1};   // commands in an open MULTI, -1 without one
  std::atomic<int> watching{0};  // keys
  std::atomic<bool> no_evict{false};
  std::atomic<bool> killed{false};  // by another: nothing more is executed, its reactor closes it

  // Under the lock of Clients.
  std::string name;
  std::string library_name;
  std::string library_version;

  // Own thread.
  bool authenticated = true;
  ReplyMode reply_mode = ReplyMode::kOn;
  bool close_after_reply = false;  // nothing that follows is executed
  Transaction transaction;
};

}  // namespace weir::redis
