// One row of the command table: what a command is called, what it needs, where its keys are, and
// the function that executes it. Rows are constants; they live as long as the process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "servers/redis/types/integer_text.h"

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
  kBlocking = 1 << 10,
  kPubSub = 1 << 11,
  kMayReplicate = 1 << 12,  // changes no data, and yet waits for the end of a pause of writes
  kAllowBusy = 1 << 13,     // does not wait for room in the outbox, which a script may never leave
  kSkipSlowlog = 1 << 14,   // what it executes is logged instead
  kNoAsyncLoading = 1 << 15,
  kSkipMonitor = 1 << 21,  // shows itself to monitors, before the commands that it executes
  kNoMandatoryKeys = 1 << 22,
  kRunsScript = 1 << 23,  // not told: EVAL and its kin
  kPlain = 1 << 24,       // not told: plain although it has no keys, see Command

  kNotQueued = 1 << 16,       // runs at once inside MULTI: EXEC, DISCARD, WATCH, QUIT, RESET
  kWalks = 1 << 17,           // visits shards one by one, locking each itself
  kExclusive = 1 << 18,       // runs with every shard locked
  kForSubscribers = 1 << 19,  // allowed in RESP2 while subscribed to something
  // Runs with the shards locked that its keys have in any database: one of them is its target.
  kEveryDatabase = 1 << 20,
};
// What none has that is plain, see Command.
inline constexpr std::uint32_t kNotPlain = kAdmin | kNoAuth | kNoMulti | kBlocking | kPubSub |
                                           kRunsScript | kNotQueued | kWalks | kExclusive |
                                           kEveryDatabase;

struct KeyRange;

// Finds the keys of one request; or nothing does. Knows which without a look at the pointer, which
// under a sanitizer is no constant.
class KeyLocator {
 public:
  using Locate = KeyRange (*)(std::span<const std::string_view> arguments);

  constexpr KeyLocator() = default;
  constexpr KeyLocator(Locate locate) : locate_(locate), is_given_(true) {}  // NOLINT: as a pointer
  constexpr explicit operator bool() const { return is_given_; }
  KeyRange operator()(std::span<const std::string_view> arguments) const;

 private:
  Locate locate_ = nullptr;
  bool is_given_ = false;
};

// Where the keys stand among the arguments, the command's name being argument 0: every `step`-th
// from `first` to `last`; a negative `last` counts from the end. first 0: there are none.
struct KeyRange {
  int first = 0;
  int last = 0;
  int step = 0;
  // Where an argument says how many there are, one behind the other from `first` on: its position.
  // The other two mean nothing then.
  int count_at = 0;
  // The position of one more key, apart from the others: where a result goes.
  int target = 0;
  // Any other key of the database may be looked up too.
  bool whole_database = false;
  // Where words among the arguments decide: finds the range of one request. What stands above is
  // what COMMAND tells then.
  KeyLocator locate = {};

  constexpr bool empty() const { return first == 0 && target == 0 && !locate; }
  // One past the last key's position. None are found where a request says that it has more keys
  // than arguments, or no number: its handler refuses it.
  std::size_t end(std::span<const std::string_view> arguments) const {
    if (first == 0) return 0;
    if (count_at != 0) return counted_end(arguments);
    const auto count = static_cast<std::ptrdiff_t>(arguments.size());
    const std::ptrdiff_t end = last < 0 ? count + last + 1 : last + 1;
    return static_cast<std::size_t>(end < count ? end : count);
  }

 private:
  std::size_t counted_end(std::span<const std::string_view> arguments) const {
    const auto begin = static_cast<std::size_t>(first);
    if (arguments.size() <= begin) return begin;
    const auto count = parse_integer(arguments[static_cast<std::size_t>(count_at)]);
    const bool fits =
        count && *count > 0 && static_cast<std::uint64_t>(*count) <= arguments.size() - begin;
    return fits ? begin + static_cast<std::size_t>(*count) : begin;
  }
};

inline KeyRange KeyLocator::operator()(std::span<const std::string_view> arguments) const {
  return locate_(arguments);
}

// Calls visit(position) for every key of a request. Inlined by force: gcc takes a function that
// only prefetches for one without effect, and drops the call.
template <class Visit>
[[gnu::always_inline]] inline void for_each_key(const KeyRange& keys,
                                                std::span<const std::string_view> arguments,
                                                Visit&& visit) {
  KeyRange located;
  const KeyRange* range = &keys;
  if (keys.locate) {
    located = keys.locate(arguments);
    range = &located;
  }
  if (range->target != 0 && static_cast<std::size_t>(range->target) < arguments.size()) {
    visit(static_cast<std::size_t>(range->target));
  }
  const std::size_t end = range->end(arguments);
  const auto step = static_cast<std::size_t>(range->count_at != 0 ? 1 : range->step);
  for (auto i = static_cast<std::size_t>(range->first); i < end; i += step) visit(i);
}

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
  // What the members above say, computed once.
  //
  // Argument 1 is the key and the only one, as of most commands.
  bool is_of_first =
      keys.first == 1 && keys.last == 1 && keys.count_at == 0 && keys.target == 0 && !keys.locate;
  // It works on data, or on nothing, and changes nothing of who asks for it, of the server or of
  // the requests that follow: it does not wait, and calls no other commands.
  bool is_plain =
      (((flags & (kWrite | kReadonly)) != 0 && !keys.empty()) || (flags & kPlain) != 0) &&
      subcommands.empty() && (flags & kNotPlain) == 0;

  bool arity_matches(std::size_t count) const {
    return arity >= 0 ? count == static_cast<std::size_t>(arity)
                      : count >= static_cast<std::size_t>(-arity);
  }
};

// As COMMAND and errors speak of it: "get", or "client|list" of a subcommand and its container.
inline std::string whole_name(const Command& command, const Command* container) {
  const std::string own(command.name);
  return container == nullptr ? own : std::string(container->name) + "|" + own;
}

// The commands of one documentation group, defined together in commands/GROUP.cc.
struct CommandGroup {
  std::string_view name;  // as COMMAND DOCS has it: "string", "sorted-set", ...
  std::span<const Command> commands;
};

}  // namespace weir::redis
