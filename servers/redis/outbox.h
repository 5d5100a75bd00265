// What happens to the connections of others: replies to clients that waited, messages of channels.
// They may live on any reactor: each has a queue, and is posted to once for all that gathers in it
// until it looks. It delivers in turns, between which it serves and flushes: who reads what he is
// sent is not taken for one who does not.
//
// A reactor that can't keep up must not gather without bound: whoever is about to execute a command
// waits in line while the outbox is full. What one script publishes is not stopped by that: from a
// second bound on those who would get it are cut off.
//
// Thread rule: any thread; a line is its reactor's. Order: what one thread sends, or several under
// one lock, arrives so.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "core/connection.h"
#include "core/connection_id.h"
#include "core/reactor.h"
#include "core/session.h"
#include "servers/redis/client.h"

namespace weir {
class Engine;
}

namespace weir::redis {

// What is done for a client on its own reactor.
class Delivery {
 public:
  virtual ~Delivery() = default;
  virtual void deliver(Connection& connection, Client& client) const = 0;
  // What it adds to a connection's output, about.
  virtual std::size_t bytes() const = 0;
};

// The session of a client that others can reach: through the outbox, and its reactor's rounds.
class Recipient : public Session {
 public:
  virtual Client& client() = 0;
  // After each delivery.
  virtual void delivered(Connection& connection) = 0;
  // It has waited in line, and the outbox is not full.
  virtual void has_room(Connection& connection) = 0;
  // Once a second.
  virtual void look_after(Connection& connection, std::int64_t now_ms) = 0;
};

class Outbox {
 public:
  // `engine` outlives the outbox.
  explicit Outbox(Engine& engine);

  // Delivers unless the connection is closed by then. Shared, as a message has many receivers, the
  // last of whom ends it. REQUIRES: the session of `to` is a Recipient.
  void send(ConnectionId to, std::shared_ptr<const Delivery> delivery);
  // The same for what the client has not asked for: where far too much is under way to its reactor
  // it is cut off instead.
  void push(ConnectionId to, std::shared_ptr<const Delivery> delivery);

  // Whether more is under way to some reactor than it should be.
  bool is_full() const { return full_queues_.load(std::memory_order_relaxed) != 0; }
  // Calls has_room() of the connection's session, in turn with others of its reactor, when that is
  // over. REQUIRES: the reactor's own thread; it is full, and the connection is not in line.
  void wait_for_room(const Connection& connection);

  // The reactor has ended: nothing is delivered there any more, and nobody waits for it. REQUIRES:
  // its own thread.
  void end(Reactor& reactor);

 private:
  // Of a queue, in bytes: full from the one on, and until there is less than the other.
  static constexpr std::size_t kHigh = 32 << 20;
  static constexpr std::size_t kLow = 8 << 20;
  // From here on who is pushed to is cut off.
  static constexpr std::size_t kMost = 1 << 30;
  // What is delivered in a turn: some hundred microseconds' worth, or one letter.
  static constexpr std::size_t kTurnBytes = 256 << 10;

  struct Letter {
    ConnectionId to;
    std::shared_ptr<const Delivery> delivery;
  };
  struct alignas(64) Queue {
    std::mutex mutex;
    std::deque<Letter> letters;
    std::size_t bytes = 0;  // of all letters
    bool full = false;
    bool posted = false;  // the reactor is going to look
    bool ended = false;
    // The reactor's own.
    std::vector<Letter> turn;
    std::deque<ConnectionId> line;
  };

  // A letter's own size counts too: a queue of small ones is no less work.
  static std::size_t cost(const Letter& letter) {
    return 4 * sizeof letter + letter.delivery->bytes();
  }
  void add(Queue& queue, Letter letter);
  bool note_fill(Queue& queue);
  bool take_turn(Queue& queue, Reactor& reactor);
  void post_delivery(Queue& queue, Reactor& reactor);
  void deliver(Reactor& reactor);
  void tell_of_room();
  void let_in(Reactor& reactor);

  Engine& engine_;
  std::vector<Queue> queues_;  // by reactor
  std::atomic<std::size_t> full_queues_{0};
  const std::shared_ptr<const Delivery> cut_off_;
};

}  // namespace weir::redis
