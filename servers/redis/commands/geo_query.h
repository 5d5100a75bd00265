// What a geo search is asked for: the arguments of GEORADIUS, GEORADIUSBYMEMBER, GEOSEARCH and
// GEOSEARCHSTORE, which share their options.
// Thread rule: the call's thread.
#pragma once

#include <cstddef>
#include <cstdint>

#include "servers/redis/call.h"
#include "servers/redis/types/geo_shape.h"

namespace weir::redis::commands {

struct GeoQuery {
  enum class Form : std::uint8_t {
    kAroundPoint,    // GEORADIUS
    kAroundMember,   // GEORADIUSBYMEMBER
    kSearch,         // GEOSEARCH
    kSearchAndStore  // GEOSEARCHSTORE
  };
  enum class Order : std::uint8_t { kAsFound, kNearestFirst, kFurthestFirst };

  Form form;
  bool may_store = true;  // whether STORE and STOREDIST are options of GEORADIUS...

  const SortedSet* source = nullptr;  // as long as its key is not changed; nullptr when absent
  GeoShape shape = {};
  Order order = Order::kAsFound;
  std::size_t count = 0;  // 0: all
  bool any = false;       // the first `count` that are found, not the nearest
  bool with_distance = false;
  bool with_hash = false;
  bool with_point = false;
  std::size_t target = 0;  // the argument that names the key to store into; 0: none
  bool stores_distance = false;

  bool is_search() const { return form == Form::kSearch || form == Form::kSearchAndStore; }
};

// The arguments of the call, as the query's form wants them. False, with Redis' error replied:
// Redis looks the source up before it looks at anything else, and so does this.
bool read_geo_query(Call& call, GeoQuery& query);

}  // namespace weir::redis::commands
