// The routes of --demo: what benchmarks ask for, and what shows a client its own request.
#pragma once

#include "servers/http/server.h"

namespace weir::http {

// GET /plaintext, /json, /cookie, /sse; POST /; any method /echo.
void add_demo_routes(Server& server);

}  // namespace weir::http
