// What the geo commands read and reply alike: points, units, lengths. Each read_ function replies
// with Redis' error itself where it returns false.
// Thread rule: the call's thread.
#pragma once

#include <cstddef>
#include <string_view>

#include "servers/redis/call.h"
#include "servers/redis/types/geohash.h"

namespace weir::redis::commands {

// Longitude and latitude, at arguments i and i + 1; indexable.
bool read_point(Call& call, std::size_t i, GeoPoint& point);

// M, KM, FT or MI: how many metres one of it has.
bool read_unit(Call& call, std::size_t i, double& metres);

// A number, infinity too, that is called `name` ("radius") in the error. Its sign is the caller's.
bool read_length(Call& call, std::size_t i, std::string_view name, double& length);

// With four decimals.
void reply_distance(Call& call, double distance);
void reply_point(Call& call, GeoPoint point);

}  // namespace weir::redis::commands
