// The ends of an interval of stream ids: an id, "(" and an id that does not belong to it any more,
// "-" or "+".
// Thread rule: the call's thread.
#pragma once

#include <string_view>

#include "servers/redis/call.h"
#include "servers/redis/types/stream_id.h"

namespace weir::redis::commands {

// Where an id has no sequence number the interval begins with its lowest and ends with its highest
// one. False, with the error replied.
bool read_interval_start(Call& call, std::string_view text, StreamId& start);
bool read_interval_end(Call& call, std::string_view text, StreamId& end);

}  // namespace weir::redis::commands
