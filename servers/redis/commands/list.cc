// Commands that work on an end of lists. Those that work inside are in list_elements.cc, those that
// move from list to list in list_move.cc.

#include "servers/redis/types/list.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "servers/redis/call.h"
#include "servers/redis/commands/arguments.h"
#include "servers/redis/commands/element_reply.h"
#include "servers/redis/commands/groups.h"
#include "servers/redis/commands/list_end.h"
#include "servers/redis/types/integer_text.h"

namespace weir::redis::commands {
namespace {

void push_arguments(Call& call, List& list, End end) {
  for (std::size_t i = 2; i < call.size(); ++i) push(list, end, call.argument(i), call.limits());
  call.changed(1, push_event(end));
  call.reply.integer(static_cast<std::int64_t>(list.size()));
}

template <End kEnd>
void push_always(Call& call) {
  if (List* list = call.find_or_create<List>(1)) push_arguments(call, *list, kEnd);
}

template <End kEnd>
void push_if_present(Call& call) {
  List* list = nullptr;
  if (!call.find(1, list)) return;
  if (list == nullptr) return call.reply.integer(0);
  push_arguments(call, *list, kEnd);
}

void pop_one(Call& call, End end) {
  List* list = nullptr;
  if (!call.find(1, list)) return;
  if (list == nullptr) return call.reply.null();
  reply_element(call, peek(*list, end));
  pop(*list, end);
  call.changed(1, pop_event(end), *list);
}

// Takes `count` elements out, and replies them. REQUIRES: there are so many.
void reply_popped(Call& call, List& list, End end, std::size_t count) {
  call.reply.array(count);
  const auto reply = [&call](const List::Element& element) {
    reply_element(call, element);
    return true;
  };
  if (end == End::kLeft) {
    list.visit(0, count, reply);
  } else {
    list.visit_backward(list.size() - 1, count, reply);
  }
  pop(list, end, count);
}

void pop_some(Call& call, End end) {
  std::int64_t requested = 0;
  if (!read_count(call, 2, requested)) return;
  List* list = nullptr;
  if (!call.find(1, list)) return;
  if (list == nullptr) return call.reply.null_array();
  if (requested == 0) return call.reply.array(0);
  reply_popped(call, *list, end, std::min(static_cast<std::size_t>(requested), list->size()));
  call.changed(1, pop_event(end), *list);
}

template <End kEnd>
void pop_end(Call& call) {
  if (call.size() > 3) return wrong_arity(call);
  return call.size() == 3 ? pop_some(call, kEnd) : pop_one(call, kEnd);
}

// Takes the end element of the first list that is there, or waits for one.
template <End kEnd>
void pop_awaited(Call& call) {
  const std::size_t last = call.size() - 1;
  std::int64_t timeout_ms = 0;
  if (!read_timeout(call, last, timeout_ms)) return;
  for (std::size_t i = 1; i < last; ++i) {
    List* list = nullptr;
    if (!call.find_awaited(i, list)) return;
    if (list == nullptr) continue;
    call.reply.array(2);
    call.reply.bulk(call.argument(i));
    reply_element(call, peek(*list, kEnd));
    pop(*list, kEnd);
    return call.changed(i, pop_event(kEnd), *list);
  }
  if (!call.wait_for_keys({.first = 1, .end = last, .timeout_ms = timeout_ms}))
    call.reply.null_array();
}

// numkeys key ... LEFT|RIGHT [COUNT count], read.
struct PopFromMany {
  std::size_t first;
  std::size_t end;
  End from;
  std::int64_t wanted = 1;
};

bool read_pop(Call& call, PopFromMany& pop) {
  pop.end = skip_counted_keys(call, pop.first);
  if (pop.end == 0) return false;
  const auto from = pop.end < call.size() ? parse_end(call, pop.end) : std::nullopt;
  if (!from) {
    call.syntax_error();
    return false;
  }
  pop.from = *from;
  return read_pop_count(call, pop.end + 1, pop.wanted);
}

// Pops from the first of the lists that is there, and replies its key with the elements. False when
// none is.
bool pop_from_many(Call& call, const PopFromMany& pop) {
  for (std::size_t i = pop.first; i < pop.end; ++i) {
    List* list = nullptr;
    if (!call.find_awaited(i, list)) return true;
    if (list == nullptr) continue;
    call.reply.array(2);
    call.reply.bulk(call.argument(i));
    const std::size_t count = std::min(static_cast<std::size_t>(pop.wanted), list->size());
    reply_popped(call, *list, pop.from, count);
    call.changed(i, pop_event(pop.from), *list);
    return true;
  }
  return false;
}

void lmpop(Call& call) {
  PopFromMany pop{.first = 2, .end = 0, .from = End::kLeft};
  if (read_pop(call, pop) && !pop_from_many(call, pop)) call.reply.null_array();
}

void blmpop(Call& call) {
  std::int64_t timeout_ms = 0;
  PopFromMany pop{.first = 3, .end = 0, .from = End::kLeft};
  if (!read_pop(call, pop) || !read_timeout(call, 1, timeout_ms)) return;
  if (pop_from_many(call, pop)) return;
  if (!call.wait_for_keys({.first = pop.first, .end = pop.end, .timeout_ms = timeout_ms}))
    call.reply.null_array();
}

constexpr std::uint32_t kPush = kWrite | kDenyOom | kFast;
constexpr KeyRange kFirst{1, 1, 1};
constexpr KeyRange kAllButLast{1, -2, 1};
constexpr KeyRange kCounted{.first = 2, .count_at = 1};
constexpr KeyRange kCountedThird{.first = 3, .count_at = 2};

constexpr Command kRows[] = {
    {"lpush", -3, kPush, kFirst, push_always<End::kLeft>, "1.0.0", "Prepends elements to a list."},
    {"rpush", -3, kPush, kFirst, push_always<End::kRight>, "1.0.0", "Appends elements to a list."},
    {"lpushx", -3, kPush, kFirst, push_if_present<End::kLeft>, "2.2.0",
     "Prepends elements to a list that exists."},
    {"rpushx", -3, kPush, kFirst, push_if_present<End::kRight>, "2.2.0",
     "Appends elements to a list that exists."},
    {"lpop", -2, kWrite | kFast, kFirst, pop_end<End::kLeft>, "1.0.0",
     "Removes and returns the first elements."},
    {"rpop", -2, kWrite | kFast, kFirst, pop_end<End::kRight>, "1.0.0",
     "Removes and returns the last elements."},
    {"blpop", -3, kWrite | kNoScript | kBlocking, kAllButLast, pop_awaited<End::kLeft>, "2.0.0",
     "Removes and returns the first element of a list, or waits for one."},
    {"brpop", -3, kWrite | kNoScript | kBlocking, kAllButLast, pop_awaited<End::kRight>, "2.0.0",
     "Removes and returns the last element of a list, or waits for one."},
    {"lmpop", -4, kWrite, kCounted, lmpop, "7.0.0",
     "Removes and returns elements of the first list that is there."},
    {"blmpop", -5, kWrite | kBlocking, kCountedThird, blmpop, "7.0.0",
     "Removes and returns elements of the first list that is there, or waits for one."},
};

}  // namespace

const CommandGroup kList{"list", kRows};

}  // namespace weir::redis::commands
