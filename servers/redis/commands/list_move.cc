// Commands that move an element from an end of a list to an end of another, or of the same.
#include <cstddef>
#include <cstdint>
#include <string>

#include "servers/redis/call.h"
#include "servers/redis/commands/arguments.h"
#include "servers/redis/commands/groups.h"
#include "servers/redis/commands/list_end.h"
#include "servers/redis/types/integer_text.h"

namespace weir::redis::commands {
namespace {

constexpr std::size_t kSource = 1;
constexpr std::size_t kTarget = 2;

struct Ends {
  End from;
  End to;
};

// Replies the element and moves it; or an error. False when there is nothing to move.
bool move(Call& call, Ends ends) {
  List* source = nullptr;
  List* target = nullptr;
  if (!call.find_awaited(kSource, source)) return true;
  if (source == nullptr) return false;
  if (!call.find(kTarget, target)) return true;
  if (target == nullptr) target = call.create<List>(kTarget);
  IntegerText scratch;
  const std::string text(peek(*source, ends.from).view(scratch));
  pop(*source, ends.from);
  push(*target, ends.to, text, call.limits());
  call.changed(kTarget, push_event(ends.to));
  if (target != source) {
    call.changed(kSource, pop_event(ends.from), *source);
  } else {
    call.announce(kSource, pop_event(ends.from));
  }
  call.reply.bulk(text);
  return true;
}

void move_awaited(Call& call, Ends ends, std::size_t timeout_at) {
  std::int64_t timeout_ms = 0;
  if (!read_timeout(call, timeout_at, timeout_ms) || move(call, ends)) return;
  const bool waits = call.wait_for_keys(
      {.first = kSource, .end = kSource + 1, .timeout_ms = timeout_ms, .target = kTarget});
  if (!waits) call.reply.null();
}

bool read_ends(Call& call, Ends& ends) {
  const auto from = parse_end(call, 3);
  const auto to = parse_end(call, 4);
  if (!from || !to) {
    call.syntax_error();
    return false;
  }
  ends = {*from, *to};
  return true;
}

void lmove(Call& call) {
  Ends ends{};
  if (read_ends(call, ends) && !move(call, ends)) call.reply.null();
}

void blmove(Call& call) {
  Ends ends{};
  if (read_ends(call, ends)) move_awaited(call, ends, 5);
}

void rpoplpush(Call& call) {
  if (!move(call, {End::kRight, End::kLeft})) call.reply.null();
}

void brpoplpush(Call& call) { move_awaited(call, {End::kRight, End::kLeft}, 3); }

constexpr KeyRange kTwo{1, 2, 1};
constexpr std::uint32_t kMoves = kWrite | kDenyOom;

constexpr Command kRows[] = {
    {"blmove", 6, kMoves | kNoScript | kBlocking, kTwo, blmove, "6.2.0",
     "Moves an element from an end of a list to an end of another, or waits for one."},
    {"brpoplpush", 4, kMoves | kNoScript | kBlocking, kTwo, brpoplpush, "2.2.0",
     "Moves the last element of a list to the front of another, or waits for one."},
    {"lmove", 5, kMoves, kTwo, lmove, "6.2.0",
     "Moves an element from an end of a list to an end of another."},
    {"rpoplpush", 3, kMoves, kTwo, rpoplpush, "1.2.0",
     "Moves the last element of a list to the front of another."},
};

}  // namespace

const CommandGroup kListMove{"list", kRows};

}  // namespace weir::redis::commands
