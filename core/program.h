// How this process was started, to start its like: the file of the program and its arguments.
// Any thread.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/status.h"

namespace weir {

// Starts the program anew, from the file as it is now, with the same arguments and environment and
// `variable` set to the number of `descriptor`, which it inherits. All other descriptors of ours
// are close-on-exec. No signal is blocked or ignored there.
Result<pid_t> start_again(const std::string& variable, int descriptor);

}  // namespace weir
