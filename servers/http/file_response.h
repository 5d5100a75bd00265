// What of a file is sent, and how: whole, a range, several, not at all.
//
// Thread rule: that of the connection.
#pragma once

#include <memory>
#include <string_view>

#include "servers/http/file_cache.h"
#include "servers/http/request.h"
#include "servers/http/response.h"

namespace weir::http {

// Answers with `file`, of that type: 200, 206, 304, 412 or 416. `coding` is what it was compressed
// by before, or none.
void send_file(const Request& request, const std::shared_ptr<const OpenFile>& file,
               std::string_view type, std::string_view coding, Response& response);

}  // namespace weir::http
