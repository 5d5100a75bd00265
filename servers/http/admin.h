// What operators look at, on an address of its own: /metrics, and a page that shows the engine
// live.
//
// Thread rule: made before the engine runs.
#pragma once

#include "servers/http/server.h"

namespace weir::http {

// Adds to `admin`, a server on the same engine as `watched` is, GET /metrics, / and /events.
void add_admin_routes(Server& admin, const Server& watched);

}  // namespace weir::http
