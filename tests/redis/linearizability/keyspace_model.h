// Two databases of strings, lists and sets in plain containers, and what Redis' commands do to
// them, one at a time: the specification that histories are held against. It knows some thirty
// commands, with the options that the workloads use, and replies as RedisClient reads replies.
//
// Thread rule: a value.
#pragma once

#include <compare>
#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "tests/redis/linearizability/history.h"

namespace weir::redis {

constexpr std::size_t kModelDatabases = 2;

// Where a value is.
struct Place {
  std::size_t database;
  std::string key;

  std::strong_ordering operator<=>(const Place&) const = default;
};

class KeyspaceModel {
 public:
  using List = std::deque<std::string>;
  using Set = std::set<std::string>;
  using Value = std::variant<std::string, List, Set>;

  // The command's reply; nothing where a command that waits finds nothing. `awaited` names the one
  // key it looks at when it is tried again. REQUIRES: the command is known.
  std::optional<std::string> execute(std::size_t database, const Words& words,
                                     const std::string* awaited = nullptr);
  // The places that were written or removed since it was last asked, in order, repeated perhaps.
  std::vector<Place> take_touched() { return std::exchange(touched_, {}); }

  // For commands. nullptr: absent.
  const Value* find(const Place& place) const;
  Value* find(const Place& place);
  void store(const Place& place, Value value);
  // False when it was absent.
  bool remove(const Place& place);
  // Was changed in place; a collection that got empty goes.
  void changed(const Place& place);
  void swap_databases();

  // The same text for the same contents, and for no others.
  void append_text(std::string& text) const;

 private:
  std::map<Place, Value> values_;
  std::vector<Place> touched_;
};

// What the command locks: its keys' places; for one that works on whole databases no limit.
struct Reach {
  bool everything = false;
  std::vector<Place> places;

  bool holds(const Place& place) const;
};
void add_reach(Reach& reach, std::size_t database, const Words& words);

// The key that a command moves elements to, for one that waits and then moves: BLMOVE.
std::optional<Place> moves_to(std::size_t database, const Words& words);

// The keys that a command waits for, where it found nothing.
std::vector<Place> waits_for(std::size_t database, const Words& words);

// What a command that waits is replied where it may not: in a transaction.
std::string reply_without_waiting(const Words& words);

}  // namespace weir::redis
