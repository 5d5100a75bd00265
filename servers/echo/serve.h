// What the examples' main()s share: the command line, the addresses, the start line.
#pragma once

#include "core/engine.h"
#include "core/options.h"
#include "core/session.h"

namespace weir {

// --port 9000 unless said else.
Options parse_flags(int argc, char** argv);

// Serves until the engine is stopped; what main() returns.
int serve(Engine& engine, const char* name, const Service& service);
int serve(int argc, char** argv, const char* name, const Service& service);

}  // namespace weir
