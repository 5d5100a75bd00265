// The result of a run as text for people, as two lines of CSV or as one object of JSON. Latencies
// are microseconds.
#pragma once

#include <string>

#include "tools/load/options.h"
#include "tools/load/run.h"

namespace weir::load {

// With its line ends.
std::string report(const Options& options, const Measured& measured);

}  // namespace weir::load
