#include "servers/redis/types/listpack_pairs.h"

#include <algorithm>
#include <vector>

namespace weir::redis {

bool has_distinct_pairs(const Listpack& pack) {
  std::vector<Listpack::Position> keys;
  for (auto p = pack.first(); p != Listpack::kEnd; p = pack.next(p)) {
    keys.push_back(p);
    p = pack.next(p);
    if (p == Listpack::kEnd) return false;
  }
  // By place, for four bytes a key: a dump that is to be checked may be as large as dumps can be.
  IntegerText scratch_a, scratch_b;
  const auto compare = [&](Listpack::Position a, Listpack::Position b) {
    return pack.get(a).view(scratch_a).compare(pack.get(b).view(scratch_b));
  };
  std::sort(keys.begin(), keys.end(), [&](auto a, auto b) { return compare(a, b) < 0; });
  return std::adjacent_find(keys.begin(), keys.end(),
                            [&](auto a, auto b) { return compare(a, b) == 0; }) == keys.end();
}

}  // namespace weir::redis
