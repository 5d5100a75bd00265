// What a server leaves to the one that takes its place: records over a unix stream socket, each the
// text of an address and the descriptors that listen there (SCM_RIGHTS, unix(7)).
//
//   predecessor                              successor
//      address, descriptors  ------------------>
//      ...                   ------------------>
//      (empty: that is all)  ------------------>   listens on them
//      retires               <------------------   (empty: I serve)
//
// An end of the stream before the last record: the other has given up, and nothing has changed.
// Any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "core/sockets.h"

namespace weir {

struct Bequest {
  // The longest unix path fits, with its "unix:".
  static constexpr std::size_t kRecordBytes = 128;
  // The environment's name for the descriptor of the stream, where the predecessor started us.
  static constexpr char kVariable[] = "WEIR_PREDECESSOR_FD";

  std::string address;  // as the predecessor was told to listen, e.g. port 0; empty at the end
  std::vector<int> descriptors = {};

  // The descriptors.
  void close(Sockets& sockets) const;

  // REQUIRES: the address fits. More descriptors than a record takes go in several.
  static Status send(Sockets& sockets, int stream, const Bequest& bequest);
  // Does not wait: the error is -errno, -EAGAIN for none yet, -EPIPE for the end of the stream.
  static int receive(Sockets& sockets, int stream, Bequest& bequest);
};

}  // namespace weir
