// One client: who it is, what it has selected, what it does. Its session owns it.
//
// Thread rule: three kinds of state. Constants and atomics: any thread. The names: under the lock
// of Clients. Everything else: the thread of the client's reactor.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <string>
#include <string_view>

#include "core/connection_id.h"
#include "servers/redis/client_tracking.h"
#include "servers/redis/command.h"
#include "servers/redis/output_limits.h"
#include "servers/redis/subscriptions.h"
#include "servers/redis/transaction.h"
#include "servers/redis/waiter.h"

namespace weir::redis {

// What CLIENT REPLY asked for.
enum class ReplyMode : std::uint8_t {
  kOn,
  kOff,
  kSkipThisAndNext,  // while CLIENT REPLY SKIP itself runs
  kSkipNext,         // for the command after it
};

// What its buffers hold, in bytes: stored by the client's reactor at the end of each batch, and
// once a second.
struct BufferSizes {
  std::atomic<std::size_t> query{0};   // received and not executed
  std::atomic<std::size_t> queued{0};  // by MULTI
  std::atomic<std::size_t> output{0};  // written and not sent
  std::atomic<std::size_t> output_peak{0};
  std::atomic<std::size_t> names{0};  // of what it listens to and watches
};

struct Client {
  Client(std::uint64_t client_id, ConnectionId connection_id, std::int64_t now)
      : id(client_id),
        connection(connection_id),
        created_ms(now),
        last_active_ms(now),
        waiter(*this) {}

  // Whether it does nothing until something happens. Any thread, as waiter.is_open().
  bool is_blocked() { return paused.load(std::memory_order_relaxed) || waiter.is_open(); }
  bool is_subscriber() const {
    return std::any_of(std::begin(subscribed), std::end(subscribed),
                       [](const auto& count) { return count.load(std::memory_order_relaxed) > 0; });
  }
  // Whose output limits it has.
  ClientClass output_class() const {
    return is_subscriber() ? ClientClass::kPubSub : ClientClass::kNormal;
  }
  // Bytes it takes, with its buffers. Any thread.
  std::size_t memory() const {
    return object_bytes + buffers.query.load(std::memory_order_relaxed) +
           buffers.queued.load(std::memory_order_relaxed) +
           buffers.output.load(std::memory_order_relaxed) +
           buffers.names.load(std::memory_order_relaxed);
  }
  // What ends a wait without success, in the client's protocol.
  std::string_view nothing() const {
    return protocol.load(std::memory_order_relaxed) == 3 ? "_\r\n" : "*-1\r\n";
  }

  const std::uint64_t id;
  const ConnectionId connection;
  const std::int64_t created_ms;
  int fd = -1;
  std::string peer;  // "127.0.0.1:5000", as CLIENT LIST has it
  std::string local;
  bool unix_socket = false;
  std::size_t object_bytes = 0;  // of its session and connection

  // Written by the client's own reactor, read by CLIENT LIST on any.
  std::atomic<std::int64_t> last_active_ms;
  std::atomic<const Command*> last_command{nullptr};
  std::atomic<const Command*> last_container{nullptr};  // of a subcommand
  std::atomic<std::uint32_t> database{0};
  std::atomic<int> protocol{2};
  std::atomic<int> queued{-1};  // commands in an open MULTI, -1 without one
  std::atomic<bool> no_evict{false};
  std::atomic<bool> no_touch{false};                             // what it does is no use of keys
  std::atomic<std::size_t> subscribed[kSubscriptionKinds] = {};  // by kind
  std::atomic<bool> monitors{false};                             // as MONITOR has asked
  std::atomic<bool> close_after_reply{false};                    // nothing that follows is executed
  std::atomic<bool> killed{false};  // by another: nothing more is executed, its reactor closes it

  BufferSizes buffers;
  std::atomic<std::size_t> counted{0};  // of ClientMemory, which alone changes it

  Waiter waiter;            // has a thread rule of its own
  ClientTracking tracking;  // so has this

  std::atomic<bool> paused{false};  // has sent what waits for the end of CLIENT PAUSE

  // Under the lock of Clients.
  std::string name;

  // Own thread.
  std::size_t place = 0;  // in its reactor's ClientRounds
  OutputWatch output_watch;
  bool authenticated = true;
  bool lacks_memory = false;  // no room could be made for its latest command
  Client* caller = nullptr;   // of a script's client: whose script calls
  ReplyMode reply_mode = ReplyMode::kOn;
  Transaction transaction;
  Subscriptions subscriptions;
  // The wait is over: replies, and goes on with what the client has sent meanwhile.
  std::function<void(std::string_view reply)> resume;
  // The pause may be over. Without effect on who is not paused.
  std::function<void()> look_again;
};

}  // namespace weir::redis
