// Many connections that a process of its own holds, and what the memory of this one costs.
//
// Each end takes a descriptor, so the clients can't live in the test's process.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>

#include "core/address.h"

namespace weir::fakes {

// What the program has asked malloc for and not given back, with malloc's own overhead.
std::size_t heap_bytes();

// As many descriptors as the system lets this process have.
std::size_t raise_descriptor_limit();

// A process that connects when it is told to where. Forked when it is made: before there are
// threads.
class ManyClients {
 public:
  // Each sends `request` and waits for an answer of so many bytes.
  ManyClients(std::size_t connections, std::string request, std::size_t answer_bytes);
  // Closes them all.
  ~ManyClients();

  // Returns when every connection has been answered: how many.
  std::size_t connect(const Address& address);

 private:
  int live(std::size_t connections) const;

  const std::string request_;
  const std::size_t answer_bytes_;
  int ends_[2] = {-1, -1};
  pid_t process_ = -1;
};

}  // namespace weir::fakes
