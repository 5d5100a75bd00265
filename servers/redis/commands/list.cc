// Commands that work on the ends of lists. Those that work inside are in list_elements.cc.

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
#include "servers/redis/types/integer_text.h"

namespace weir::redis::commands {
namespace {

enum class End { kLeft, kRight };

void push(List& list, End end, std::string_view text, const EncodingLimits& limits) {
  if (end == End::kLeft) {
    list.push_front(text, limits);
  } else {
    list.push_back(text, limits);
  }
}

void pop(List& list, End end, std::size_t count = 1) {
  if (end == End::kLeft) {
    list.pop_front(count);
  } else {
    list.pop_back(count);
  }
}

List::Element peek(const List& list, End end) {
  return end == End::kLeft ? list.front() : list.back();
}

void push_arguments(Call& call, List& list, End end) {
  for (std::size_t i = 2; i < call.size(); ++i) push(list, end, call.argument(i), call.limits());
  call.changed(1);
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
  call.changed(1, *list);
}

void pop_some(Call& call, End end) {
  std::int64_t requested = 0;
  if (!read_count(call, 2, requested)) return;
  List* list = nullptr;
  if (!call.find(1, list)) return;
  if (list == nullptr) return call.reply.null_array();
  if (requested == 0) return call.reply.array(0);
  const std::size_t count = std::min(static_cast<std::size_t>(requested), list->size());
  call.reply.array(count);
  const auto reply = [&call](const List::Element& element) {
    reply_element(call, element);
    return true;
  };
  if (end == End::kLeft) {
    list->visit(0, count, reply);
  } else {
    list->visit_backward(list->size() - 1, count, reply);
  }
  pop(*list, end, count);
  call.changed(1, *list);
}

template <End kEnd>
void pop_end(Call& call) {
  if (call.size() > 3) return wrong_arity(call);
  return call.size() == 3 ? pop_some(call, kEnd) : pop_one(call, kEnd);
}

// Replies the element and moves it from key 1 to key 2, which may be the same.
void move(Call& call, End from, End to) {
  List* source = nullptr;
  List* target = nullptr;
  if (!call.find(1, source)) return;
  if (source == nullptr) return call.reply.null();
  if (!call.find(2, target)) return;
  if (target == nullptr) target = call.create<List>(2);
  IntegerText scratch;
  const std::string text(peek(*source, from).view(scratch));
  pop(*source, from);
  push(*target, to, text, call.limits());
  if (target != source) call.changed(1, *source);
  call.changed(2);
  call.reply.bulk(text);
}

void rpoplpush(Call& call) { move(call, End::kRight, End::kLeft); }

std::optional<End> parse_end(const Call& call, std::size_t i) {
  if (call.is_option(i, "left")) return End::kLeft;
  if (call.is_option(i, "right")) return End::kRight;
  return std::nullopt;
}

void lmove(Call& call) {
  const auto from = parse_end(call, 3);
  const auto to = parse_end(call, 4);
  if (!from || !to) return call.syntax_error();
  move(call, *from, *to);
}

constexpr std::uint32_t kPush = kWrite | kDenyOom | kFast;
constexpr KeyRange kFirst{1, 1, 1};
constexpr KeyRange kTwo{1, 2, 1};

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
    {"rpoplpush", 3, kWrite | kDenyOom, kTwo, rpoplpush, "1.2.0",
     "Moves the last element of a list to the front of another."},
    {"lmove", 5, kWrite | kDenyOom, kTwo, lmove, "6.2.0",
     "Moves an element from an end of a list to an end of another."},
};

}  // namespace

const CommandGroup kList{"list", kRows};

}  // namespace weir::redis::commands
