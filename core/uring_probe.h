// Whether io_uring serves here, tried out rather than guessed from the kernel's version: a byte is
// sent and received in each of the ways that the back end needs.
//
// Any thread; takes well under a millisecond.
#pragma once

#include "base/status.h"
#include "core/sockets.h"

namespace weir {

// The error says why not, in one sentence.
Status probe_uring(Sockets& sockets);

}  // namespace weir
