// A descriptor that a listener keeps to give up: when there are no others, it can still accept a
// connection in its place, and close it.
//
// What one thread gives up so an accept of another may take. Whoever has accepted therefore asks
// whether reserves are missing, and restores them, if need be with the descriptor that he has got:
// none stays lost to an accept. Where none is missing, that is but for the want of descriptors, it
// costs a look at one word.
//
// Each has one owner, on any thread. Locks, and nothing is allocated.
#pragma once

#include <atomic>

#include "core/sockets.h"

namespace weir {

class Reserve {
 public:
  explicit Reserve(Sockets& sockets) : sockets_(sockets) {}
  ~Reserve() { close(); }
  Reserve(const Reserve&) = delete;
  Reserve& operator=(const Reserve&) = delete;

  void open();
  void close();

  // Accepts a connection of `listening` in its place, and closes it. Negative where that failed:
  // -EAGAIN, nobody was waiting; another -errno, there is no reserve, or it was taken meanwhile.
  int refuse(int listening);

  static bool any_missing() { return first_missing.load(std::memory_order_acquire) != nullptr; }
  // False: there are not enough descriptors.
  static bool restore_all();

 private:
  bool restore();
  void link();
  void unlink();

  // Those for which there was no descriptor, one behind another.
  static std::atomic<Reserve*> first_missing;

  Sockets& sockets_;
  int fd_ = -1;  // it and those below under the lock
  bool linked_ = false;
  Reserve* next_ = nullptr;
};

}  // namespace weir
