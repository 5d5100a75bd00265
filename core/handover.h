// The old server's part of an upgrade without a lost connection. A successor gets the listening
// sockets: it asks for them over the upgrade socket (Envoy's hot restart), or this server starts
// it, from the file that its own program came from (nginx' USR2). It serves when it says so, and
// only then is `retire` called; one that ends before leaves everything as it was.
//
// Owner's thread only: the one that calls what was given to `watch`. Whoever may connect to the
// upgrade socket may take the server's place: its file is for its user alone.
#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/status.h"
#include "core/bequest.h"
#include "core/listener.h"
#include "core/session.h"
#include "core/sockets.h"

namespace weir {

class Handover {
 public:
  // How descriptors are watched here: a reactor's way, or a master's.
  struct Watcher {
    std::function<Status(int fd, std::function<void()> on_ready)> watch;
    std::function<void(int fd)> unwatch;
  };
  using Bequests = std::vector<Bequest>;
  // Second descriptors of all sockets, ours to close. An error says why none can be had now.
  using Bequeath = std::function<Result<Bequests>()>;

  Handover(Sockets& sockets, Watcher watcher, Bequeath bequeath, std::function<void()> retire);
  ~Handover();
  Handover(const Handover&) = delete;
  Handover& operator=(const Handover&) = delete;

  // Waits for successors there. `inherited`: a predecessor's socket of the same path, or -1.
  Status listen(const std::string& upgrade_socket, int inherited);
  // The name of the upgrade socket among the bequests.
  static std::string name(const std::string& upgrade_socket) { return "upgrade:" + upgrade_socket; }
  // Ours from now on, to be removed at the end.
  void own_path() { listener_.own_path(true); }

  // This server stops. True: a successor serves in its place or may be about to, so that the unix
  // paths are to stay; that of the upgrade socket does.
  bool stop_listening();
  // In a fork of ours, which has no part in it: the path stays.
  void leave_to_parent();

  // Starts the successor. The error says why that was impossible.
  Status start_successor();

 private:
  void accept();
  Status lend(const std::function<Status(const Bequests&)>& send);
  Status hand_over(int fd, const Bequests& bequests);
  Status send_all(int fd, const Bequests& bequests);
  Status start(const Bequests& bequests);
  void hear(int fd);
  void forget(int fd);
  void succeed();
  void watch_child(pid_t pid);
  void bury(int pid_fd);

  Sockets& sockets_;
  const Watcher watcher_;
  const Bequeath bequeath_;
  const std::function<void()> retire_;
  const Service no_service_ = nullptr;
  Listener listener_;
  std::string listener_name_;
  std::vector<int> successors_;    // that have not said yet that they serve
  std::map<int, pid_t> children_;  // successors that we have started, by their pidfds
  bool retired_ = false;
};

}  // namespace weir
