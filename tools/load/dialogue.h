// What is said on one connection: the requests, and whether the replies to them are right. One
// object a connection, so that it may know what it has asked; in the order of the requests.
//
// Thread rule: the thread of its connection's reactor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"
#include "core/output_buffer.h"

namespace weir::load {

class Dialogue {
 public:
  // How much of the input a check has used up, and whether a reply ends there.
  struct Step {
    std::size_t consumed = 0;
    bool is_whole = false;
  };

  virtual ~Dialogue() = default;

  // Appends the next request.
  virtual void ask(OutputBuffer& output) = 0;
  // Looks at what came next of the first reply that is outstanding; an error where it is wrong,
  // with what was expected. REQUIRES: one is.
  virtual Result<Step> check(std::string_view unread) = 0;
  // Right replies so far that say that there is nothing.
  virtual std::uint64_t misses() const { return 0; }
};

// Makes the dialogue of the connection with that number. Any thread.
using MakeDialogue = std::function<std::unique_ptr<Dialogue>(std::size_t connection)>;

// The first bytes of what came, for an error: printable, and cut short.
std::string quote(std::string_view bytes);

}  // namespace weir::load
