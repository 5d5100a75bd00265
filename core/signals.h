// Signals as something to read: they interrupt nothing, a descriptor says that they have come.
// open() on the main thread, before others are started: they inherit the mask. The rest on one
// thread.
#pragma once

#include <initializer_list>

#include "base/status.h"
#include "core/sockets.h"

namespace weir {

class Signals {
 public:
  explicit Signals(Sockets& sockets) : sockets_(sockets) {}
  ~Signals() { close(); }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // Blocks them for this thread and those it starts. Again: others, or after a fork the child's
  // own.
  Status open(std::initializer_list<int> signals);
  void close();
  // Readable when one has come.
  int fd() const { return fd_; }
  // The number of one that has come; 0: none has.
  int take();

 private:
  Sockets& sockets_;
  int fd_ = -1;
};

}  // namespace weir
