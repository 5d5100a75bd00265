// What the example programs do around their services: flags, listening, a line that says where.
#pragma once

#include "core/session.h"

namespace weir {

// Serves until SIGTERM; the program's exit status.
int serve(int argc, char** argv, const char* name, const Service& service);

}  // namespace weir
