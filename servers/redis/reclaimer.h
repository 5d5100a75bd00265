// Frees one reactor's garbage beside its traffic: a little each millisecond, as long as there is
// any. Not a thread of its own: see Garbage.
// Thread rule: the reactor's thread; the garbage's counts any thread.
#pragma once

#include <utility>

#include "core/reactor.h"
#include "servers/redis/keyspace/garbage.h"

namespace weir::redis {

class Reclaimer {
 public:
  // `reactor` outlives it, and does not run any more when it ends.
  explicit Reclaimer(Reactor& reactor) : reactor_(reactor) {}
  Reclaimer(const Reclaimer&) = delete;
  Reclaimer& operator=(const Reclaimer&) = delete;

  // An Entry* or ShardKeys.
  template <class Removed>
  void add(Removed removed) {
    garbage_.add(std::move(removed));
    if (!scheduled_) schedule();
  }
  // Frees a piece now, for who needs the memory. False when there is nothing to free.
  bool free_piece();
  const Garbage& garbage() const { return garbage_; }

 private:
  void schedule();
  void take_turn();

  Reactor& reactor_;
  Garbage garbage_;
  bool scheduled_ = false;
};

}  // namespace weir::redis
