// A Redis server as its clients see it: what it keeps, who waits for what, who watches what. It
// goes from state to state in steps, each of which happens at one moment:
//
//   begin   a client's operation takes effect, or begins to wait; and those are served who waited
//           for what it wrote, in the order in which they came, whole operations at a time
//   expire  a wait ends without success
//   settle  what an operation has left to do, below
//
// How far a step goes depends on the server's locks. Under one lock (Redis; Weir on one thread) it
// serves everybody. Under a lock for each key it can't serve a BLMOVE whose target it has not
// locked, nor, for order's sake, those behind it: they come in further steps, each before the reply
// to the operation that wrote. REQUIRES then: no two keys share a lock.
//
// Thread rule: a value. Operations are not copied: the history outlives it.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tests/redis/linearizability/history.h"
#include "tests/redis/linearizability/keyspace_model.h"

namespace weir::redis {

enum class Locking { kWhole, kByKey };

class ServerModel {
 public:
  struct Answer {
    std::size_t client;
    std::string reply;
  };
  using Answers = std::vector<Answer>;

  ServerModel(std::size_t clients, Locking locking);

  // REQUIRES: the client does not wait and has nothing left to do.
  Answers begin(std::size_t client, const Operation& operation);
  bool waits(std::size_t client) const;
  // REQUIRES: waits(client).
  Answers expire(std::size_t client);
  // Whether the client's operation, though answered, is not over.
  bool unsettled(std::size_t client) const;
  // Serves a part of the rest. REQUIRES: unsettled(client).
  Answers settle(std::size_t client);

  // The same text for the same state, and for no other.
  void append_text(std::string& text) const;
  std::string keyspace_text() const;

 private:
  struct Wait {
    std::size_t client;
    const Operation* operation;
    bool over;  // goes at the end of the step
  };
  // A key that was written and that clients wait for, and those that must be locked to serve them.
  struct Ready {
    Place place;
    std::vector<Place> others = {};
  };
  struct Watches {
    std::vector<Place> places;
    bool changed = false;
  };

  std::string watch(std::size_t client, const Operation& operation);
  std::string execute_transaction(std::size_t client, const Operation& operation);
  void note_touched();
  bool is_awaited(const Place& place) const;
  bool holds(const Reach& reach, const Place& place) const;
  bool holds_all(const Reach& reach, const Ready& ready) const;
  void serve(std::size_t client, const Reach& reach, Answers& answers);
  bool serve_key(Ready& ready, const Reach& reach, Answers& answers);
  bool retry(Wait& wait, const Place& place, Answers& answers);

  Locking locking_;
  KeyspaceModel keyspace_;
  std::vector<Wait> waits_;  // in the order of arrival
  std::vector<Watches> watches_;
  std::vector<Ready> ready_;              // within a step
  std::vector<std::vector<Ready>> rest_;  // by the client whose operation has to serve them
};

}  // namespace weir::redis
