// What became of one socket's datagrams.
// Written by its reactor, read by any thread: totals since the start.
#pragma once

#include "core/counter.h"

namespace weir {

struct DatagramCounters {
  Counter received;
  Counter bytes_received;
  Counter truncated;       // larger than the room to receive them: dropped
  Counter receive_errors;  // other than of one datagram's; the socket goes on
  Counter sent;
  Counter bytes_sent;
  Counter dropped;  // the output was full, or the datagram is larger than any can be
  Counter failed;   // the kernel would not send them
  Counter opened;   // sessions
  Counter closed;
  Counter expired;  // of them
  Counter refused;  // datagrams of peers for whom there was no session
};

}  // namespace weir
