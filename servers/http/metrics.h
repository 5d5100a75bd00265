// What an engine and its HTTP server have counted, as Prometheus reads it (text format 0.0.4).
//
// Any thread.
#pragma once

#include <string>

#include "servers/http/server.h"

namespace weir::http {

// Under prefork of this process alone.
std::string prometheus_text(const Server& server);

}  // namespace weir::http
