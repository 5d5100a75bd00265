#include "servers/redis/reclaimer.h"

#include <cstdint>

#include "core/clock.h"

// mimalloc's, where that is the allocator.
extern "C" {
[[gnu::weak]] long mi_option_get(int option);
[[gnu::weak]] void mi_option_set(int option, long value);
}

namespace weir::redis {
namespace {

// Has mimalloc give pages back to the system as soon as nothing lies in them. Else it waits for
// some 25 ms and then for more work: a flushed server that comes to rest would keep most of its
// memory. Not for good, since short-lived buffers would lose their pages over and over.
class PromptPurge {
 public:
  PromptPurge() {
    if (!is_there()) return;
    usual_delay();
    mi_option_set(kPurgeDelay, 0);
  }
  ~PromptPurge() {
    if (is_there()) mi_option_set(kPurgeDelay, usual_delay());
  }
  PromptPurge(const PromptPurge&) = delete;
  PromptPurge& operator=(const PromptPurge&) = delete;

 private:
  // mi_option_purge_delay; before version 2.1 mi_option_decommit_delay.
  static constexpr int kPurgeDelay = 15;

  static bool is_there() { return &mi_option_get != nullptr && &mi_option_set != nullptr; }
  // As it was before the first: of reactors that purge at a time each would find the other's.
  static long usual_delay() {
    static const long delay = mi_option_get(kPurgeDelay);
    return delay;
  }
};

// A quarter of the reactor's time, and what a request may wait for it at most.
constexpr int kPeriodMs = 1;
constexpr std::int64_t kTurnUs = 300;

}  // namespace

void Reclaimer::schedule() {
  scheduled_ = true;
  reactor_.schedule(kPeriodMs, [this] { take_turn(); });
}

bool Reclaimer::free_piece() {
  if (garbage_.empty()) return false;
  garbage_.free_piece();
  return true;
}

void Reclaimer::take_turn() {
  scheduled_ = false;
  const PromptPurge purge;
  const std::int64_t end_us = monotonic_us() + kTurnUs;
  while (!garbage_.empty() && monotonic_us() < end_us) garbage_.free_piece();
  if (!garbage_.empty()) schedule();
}

}  // namespace weir::redis
