// Looks after every client of one reactor once a second, a tenth of them a turn, for what time
// alone brings about: clients that are idle for too long, or do not read. A turn has a bound, and
// where there are more clients a round takes longer. Also remembers how large buffers have been.
//
// Thread rule: the reactor's; the peaks any thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/connection.h"
#include "core/reactor.h"
#include "servers/redis/outbox.h"

namespace weir::redis {

class ClientRounds {
 public:
  // `recipient` is here until remove(), on its connection.
  void add(Recipient& recipient, Connection& connection);
  void remove(Recipient& recipient);

  // The first of its turns. It outlives the reactor's run.
  void start(Reactor& reactor);

  // The largest buffers that a client has had in this round or the one before.
  std::size_t input_peak() const { return input_.peak(); }
  std::size_t output_peak() const { return output_.peak(); }

 private:
  // At some 100 ns each, when nothing of them is in the cache.
  static constexpr std::size_t kMaxPerTurn = 4096;
  static constexpr int kTurnMs = 100;
  static constexpr std::size_t kTurnsPerRound = 10;

  struct Place {
    Recipient* recipient;
    Connection* connection;
  };

  class Peak {
   public:
    void note(std::size_t size) {
      if (size > now_.load(std::memory_order_relaxed)) now_.store(size, std::memory_order_relaxed);
    }
    void end_round() {
      before_.store(now_.load(std::memory_order_relaxed), std::memory_order_relaxed);
      now_.store(0, std::memory_order_relaxed);
    }
    std::size_t peak() const {
      return std::max(now_.load(std::memory_order_relaxed),
                      before_.load(std::memory_order_relaxed));
    }

   private:
    std::atomic<std::size_t> now_{0};
    std::atomic<std::size_t> before_{0};
  };

  void take_turn(Reactor& reactor);
  void look_after(const Place& place, std::int64_t now_ms);
  void end_round();

  // Whoever goes is replaced by the last, who may so miss one round.
  std::vector<Place> places_;
  std::size_t next_ = 0;
  Peak input_;
  Peak output_;
};

}  // namespace weir::redis
