// Which of several processes accepts on a socket they share: nginx' accept mutex, without its
// polling. The turn goes from who has it straight to the next who waits, and he alone is woken:
//
//   has it --accept--> pass() --a word says whose it is, an eventfd wakes him--> has it
//
// Where nobody waits it stays, and costs nothing.
//
// Made before the processes are forked. Each process calls its part on one thread, with its own
// worker number; the parent calls leave() for one that has died, so that a turn never dies with its
// holder.
#pragma once

#include <cstdint>
#include <vector>

#include "core/shared_words.h"
#include "core/sockets.h"
#include "core/status.h"

namespace weir {

class AcceptMutex {
 public:
  explicit AcceptMutex(Sockets& sockets) : sockets_(sockets) {}
  ~AcceptMutex();
  AcceptMutex(const AcceptMutex&) = delete;
  AcceptMutex& operator=(const AcceptMutex&) = delete;

  Status open(std::uint32_t workers);
  // Readable when a turn may have come to the worker.
  int fd(std::uint32_t worker) const { return wakers_[worker]; }

  // True: it is the worker's turn. False: he waits until it comes.
  bool want(std::uint32_t worker);
  // After fd() was readable: whether the turn has come.
  bool take(std::uint32_t worker);
  // Gives the turn to another and waits for the next. False: nobody waits, it stays. REQUIRES: the
  // worker has it.
  bool pass(std::uint32_t worker);
  // Neither has it nor waits from now on. Also for one that has died.
  void leave(std::uint32_t worker);

 private:
  bool has_turn(std::uint32_t worker) const { return holder() == worker + 1; }
  const SharedWords::Word& holder() const { return words_[wakers_.size()]; }
  SharedWords::Word& holder() { return words_[wakers_.size()]; }
  SharedWords::Word& waits(std::uint32_t worker) { return words_[worker]; }
  bool give(std::uint32_t from, std::uint32_t worker);

  Sockets& sockets_;
  std::vector<int> wakers_;  // of each worker
  SharedWords words_;        // whether each waits; then who has the turn: worker + 1, 0 for nobody
};

}  // namespace weir
