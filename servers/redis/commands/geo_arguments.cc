#include "servers/redis/commands/geo_arguments.h"

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>

#include "servers/redis/types/float_text.h"
#include "servers/redis/types/score.h"

namespace weir::redis::commands {
namespace {

// printf's %f, which has 309 digits in front of the point at most.
std::string plain_digits(double number) {
  char text[320];
  const int written = std::snprintf(text, sizeof text, "%f", number);
  return {text, static_cast<std::size_t>(written)};
}

bool read_coordinate(Call& call, std::size_t i, double& degrees) {
  const auto number = parse_score(call.argument(i));
  if (!number) return call.error("ERR value is not a valid float"), false;
  degrees = *number;
  return true;
}

}  // namespace

bool read_point(Call& call, std::size_t i, GeoPoint& point) {
  if (!read_coordinate(call, i, point.longitude)) return false;
  if (!read_coordinate(call, i + 1, point.latitude)) return false;
  if (point.is_indexable()) return true;
  call.error("ERR invalid longitude,latitude pair " + plain_digits(point.longitude) + "," +
             plain_digits(point.latitude));
  return false;
}

bool read_unit(Call& call, std::size_t i, double& metres) {
  for (const auto& [name, length] :
       {std::pair{"m", 1.0}, {"km", 1000.0}, {"ft", 0.3048}, {"mi", 1609.34}}) {
    if (!call.is_option(i, name)) continue;
    metres = length;
    return true;
  }
  call.error("ERR unsupported unit provided. please use M, KM, FT, MI");
  return false;
}

bool read_length(Call& call, std::size_t i, std::string_view name, double& length) {
  const auto number = parse_score(call.argument(i));
  if (!number) return call.error("ERR need numeric " + std::string(name)), false;
  length = *number;
  return true;
}

void reply_distance(Call& call, double distance) {
  constexpr std::uint64_t kParts = 10'000;
  const auto parts = static_cast<std::uint64_t>(std::llrint(distance * kParts));
  char text[32];
  const int written = std::snprintf(text, sizeof text, "%llu.%04llu",
                                    static_cast<unsigned long long>(parts / kParts),
                                    static_cast<unsigned long long>(parts % kParts));
  call.reply.bulk(std::string_view(text, static_cast<std::size_t>(written)));
}

void reply_point(Call& call, GeoPoint point) {
  FloatText scratch;
  call.reply.array(2);
  call.reply.double_(format_float(point.longitude, scratch));
  call.reply.double_(format_float(point.latitude, scratch));
}

}  // namespace weir::redis::commands
