// Whether a history can be explained: whether its operations, put into one order that respects both
// each client's order and real time (what ended before another began comes before it), give a
// ServerModel's replies. That is linearizability, Herlihy and Wing, "Linearizability: a correctness
// condition for concurrent objects" (1990), with one extension: an operation that waits takes
// effect in two steps, when it begins to wait and when it is served or gives up.
//
// The search is that of Wing and Gong (1993), with Lowe's memory of states that led nowhere
// ("Testing for linearizability", 2017). All keys are searched together: that finds more than a
// search for each key (a client's order between keys), and short histories need no less.
//
// Thread rule: plain functions.
#pragma once

#include <cstddef>
#include <string>

#include "tests/redis/linearizability/history.h"
#include "tests/redis/linearizability/server_model.h"

namespace weir::redis {

enum class Verdict { kLegal, kIllegal, kUndecided };

struct Judgement {
  Verdict verdict;
  std::size_t states;       // that were looked at
  std::string explanation;  // unless legal: the longest order that fits, and why it ends
};

// REQUIRES: each client's operations are in the order of its sending. Gives up at kMaxStates.
constexpr std::size_t kMaxStates = 50'000;
Judgement judge(const History& history, Locking locking);

}  // namespace weir::redis
