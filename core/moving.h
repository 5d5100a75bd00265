// What a connection takes along to another reactor, beside its descriptor and its peer's address.
// A value between two threads: one at a time.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "core/deadlines.h"
#include "core/session.h"

namespace weir {

struct Moving {
  std::unique_ptr<Session> session;
  std::unique_ptr<Deadlines> deadlines;
  std::string unread;
  std::string unsent;
  std::size_t output_high;
  std::size_t output_low;
  bool half_closed;  // the peer will send no more
  bool paused;       // by pause_reading()
};

}  // namespace weir
