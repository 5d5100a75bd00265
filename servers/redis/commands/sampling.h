// Random samples of collections: `wanted` different elements, every combination equally likely.
// Two ways, chosen by what the collection is and how much of it is wanted; neither copies it.
// Thread rule: the lock of the collection's shard.
#pragma once

#include <cstddef>
#include <string_view>
#include <unordered_set>

#include "servers/redis/types/random_below.h"

namespace weir::redis::commands {

// Walks the whole collection and takes each element with the chance that fills the sample (Knuth,
// The Art of Computer Programming, volume 2, algorithm 3.4.2 S). Needs no memory. `visit` gets what
// the collection's for_each() gives. REQUIRES: wanted <= size().
template <class Collection, class Rng, class Visit>
void sample_by_walk(const Collection& collection, std::size_t wanted, Rng& rng, Visit&& visit) {
  std::size_t left = collection.size();
  collection.for_each([&](const auto&... element) {
    if (random_below(rng, left--) >= wanted) return;
    --wanted;
    visit(element...);
  });
}

// Whether picking at random, and again what was picked before, is cheaper than a walk: up to a
// third of the collection fewer than one pick in three is in vain.
inline bool picking_is_cheaper(std::size_t wanted, std::size_t size) { return wanted < size / 3; }

// Tells elements apart by their addresses, which are their own as long as nothing changes. Hashing
// their text again could be made slow on purpose; hashing an address could not.
class PickedElements {
 public:
  explicit PickedElements(std::size_t wanted) { addresses_.reserve(wanted); }
  // Whether the element is new. REQUIRES: `element` is a view of the stored bytes.
  bool add(std::string_view element) { return addresses_.insert(element.data()).second; }
  std::size_t size() const { return addresses_.size(); }

 private:
  std::unordered_set<const char*> addresses_;
};

}  // namespace weir::redis::commands
