// One row of the command table: what a command is called, what it needs, where its keys are, and
// the function that executes it. Rows are constants; they live as long as the process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace weir::redis {

class Call;

// Flags that clients see in COMMAND INFO, and below them those that steer the execution.
enum CommandFlag : std::uint32_t {
  kWrite = 1 << 0,
  kReadonly = 1 << 1,
  kDenyOom = 1 << 2,
  kAdmin = 1 << 3,
  kFast = 1 << 4,
  kNoScript = 1 << 5,
  kLoading = 1 << 6,
  kStale = 1 << 7,
  kNoAuth = 1 << 8,   // allowed before authentication
  kNoMulti = 1 << 9,  // refused inside MULTI

  kNotQueued = 1 << 16,  // runs at once inside MULTI: EXEC, DISCARD, WATCH, QUIT, RESET
  kWalks = 1 << 17,      // visits shards one by one, locking each itself
  kExclusive = 1 << 18,  // runs with every shard locked
};

// Where the keys stand among the arguments, the command's name being argument 0: every `step`-th
// from `first` to `last`; a negative `last` counts from the end. first 0: there are none.
struct KeyRange {
  int first = 0;
  int last = 0;
  int step = 0;

  // One past the last key's position in a request of `count` arguments.
  std::size_t end(std::size_t count) const {
    if (first == 0) return 0;
    const auto signed_count = static_cast<std::ptrdiff_t>(count);
    const std::ptrdiff_t end = last < 0 ? signed_count + last + 1 : last + 1;
    return static_cast<std::size_t>(end < signed_count ? end : signed_count);
  }
};

struct Command {
  // Lower case; a subcommand's alone ("list").
  std::string_view name;
  // Arguments with the name; negative: at least so many.
  int arity;
  std::uint32_t flags;
  KeyRange keys;
  void (*handler)(Call& call);
  std::string_view since;
  std::string_view summary;
  // Non-empty for a container (CLIENT, CONFIG): handler runs when no subcommand is given and is
  // nullptr when one must be.
  std::span<const Command> subcommands = {};

  bool arity_matches(std::size_t count) const {
    return arity >= 0 ? count == static_cast<std::size_t>(arity)
                      : count >= static_cast<std::size_t>(-arity);
  }
};

// The commands of one documentation group, defined together in commands/GROUP.cc.
struct CommandGroup {
  std::string_view name;  // as COMMAND DOCS has it: "string", "sorted-set", ...
  std::span<const Command> commands;
};

}  // namespace weir::redis
