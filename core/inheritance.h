// The listening sockets that a server inherits from the one whose place it takes: by the socket
// that the predecessor left it when it started it, or over the predecessor's upgrade socket.
//
// Main thread, before and at the start of Engine::run(). Claiming waits for the predecessor, at
// most kWaitMs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "core/bequest.h"
#include "core/sockets.h"

namespace weir {

class Inheritance {
 public:
  static constexpr int kWaitMs = 5000;

  explicit Inheritance(Sockets& sockets) : sockets_(sockets) {}
  // Closes what nobody took.
  ~Inheritance();
  Inheritance(const Inheritance&) = delete;
  Inheritance& operator=(const Inheritance&) = delete;

  // Asks the predecessor, if there is one: nothing listens on the path, nothing is inherited. The
  // path may be empty.
  Status claim(const std::string& upgrade_socket);

  // The sockets that listened on `address`, which are the caller's from now on.
  std::vector<int> take(std::string_view address);

  // There is one that waits for confirm().
  bool has_predecessor() const { return predecessor_ >= 0; }

  // Tells the predecessor that its successor serves. Closes what nobody took, and says so.
  void confirm();

  // Nothing is taken any more, and nobody told: also in a fork, which has no part in it.
  void close();

 private:
  Status find_predecessor(const std::string& upgrade_socket);
  Status receive_all();
  Status wait_readable() const;
  void close_rest();

  Sockets& sockets_;
  int predecessor_ = -1;
  std::vector<Bequest> bequests_;
};

}  // namespace weir
