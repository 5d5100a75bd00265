// What clients asked of a server, what they were told, and when: the input of the search in
// linearization.h.
//
// Time is a counter that every client of a history takes its moments from, so that no two are the
// same. Thread rule: plain values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace weir::redis {

// A command as a client sends it: its name first.
using Words = std::vector<std::string>;

// One command; or the commands of a transaction, which begins and ends with its EXEC, as those
// before it change nothing.
struct Operation {
  std::vector<Words> commands;
  bool is_transaction = false;
  std::size_t database = 0;  // that its client has selected
  std::string reply = {};    // as RedisClient has it
  std::uint64_t start = 0;   // before it was sent
  std::uint64_t end = 0;     // after its reply was read
};

// By client, in the order of sending. A client may send an operation before it has the reply of the
// one before: they overlap, and still take effect in this order.
using History = std::vector<std::vector<Operation>>;

// "RPUSH q 1", or "MULTI; RPUSH q 1; DEL q; EXEC".
std::string request_text(const Operation& operation);

// One line for each operation, in the order of their starts.
std::string history_text(const History& history);

}  // namespace weir::redis
