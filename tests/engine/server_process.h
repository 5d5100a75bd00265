// A server in a process of its own, whose successors stay known: this process becomes the parent of
// whatever its children leave behind.
//
// One thread. A wait ends the test's process after Peer::kDeadlineMs.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "core/address.h"
#include "tests/fakes/peer.h"

namespace weir {

class ServerProcess {
 public:
  // Starts `arguments`, the program first; its output is read by start_line() and what it writes to
  // standard error appears.
  explicit ServerProcess(const std::vector<std::string>& arguments);
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  // The next line of its output, or of a successor's: "listening on ADDRESS ... pid=N udp=ADDRESS".
  // Empty when all have closed it.
  std::string start_line();
  // What the line says.
  static Address address_in(const std::string& start_line);
  static Address datagram_address_in(const std::string& start_line);
  static pid_t pid_in(const std::string& start_line);

  pid_t pid() const { return pid_; }
  // Returns the exit status of this process or of a successor; -1 when a signal ended it.
  static int wait(pid_t pid);
  // When a process of any parent has ended.
  static void await_end(pid_t pid);

  // Sends a line, and returns the line that comes back; empty at the stream's end.
  static std::string ask(fakes::Peer& peer, const std::string& line);
  static std::string ask(const Address& address, const std::string& line);

 private:
  pid_t pid_ = 0;
  int output_ = -1;
};

}  // namespace weir
