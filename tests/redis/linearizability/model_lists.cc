// Lists, and waiting for them.
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "tests/redis/linearizability/model_command.h"
#include "tests/redis/linearizability/model_reply.h"

namespace weir::redis::model {
namespace {

std::string pop_from(List& list, bool left) {
  std::string element = std::move(left ? list.front() : list.back());
  left ? list.pop_front() : list.pop_back();
  return element;
}

void push_to(List& list, bool left, std::string element) {
  left ? list.push_front(std::move(element)) : list.push_back(std::move(element));
}

template <bool kLeft>
Reply push(ModelCall& call) {
  List* const list = find_or_create<List>(call, call.place(1));
  if (list == nullptr) return wrong_type();
  for (std::size_t i = 2; i < call.words.size(); ++i) push_to(*list, kLeft, call.words[i]);
  const std::size_t size = list->size();
  call.keyspace.changed(call.place(1));
  return integer(size);
}

template <bool kLeft>
Reply pop(ModelCall& call) {
  List* list = nullptr;
  if (!find(call, call.place(1), list)) return wrong_type();
  if (list == nullptr) return null();
  Reply reply = bulk(pop_from(*list, kLeft));
  call.keyspace.changed(call.place(1));
  return reply;
}

Reply llen(ModelCall& call) {
  List* list = nullptr;
  if (!find(call, call.place(1), list)) return wrong_type();
  return integer(list == nullptr ? 0 : list->size());
}

// LRANGE key 0 -1
Reply lrange(ModelCall& call) {
  List* list = nullptr;
  if (!find(call, call.place(1), list)) return wrong_type();
  std::string reply = "*" + std::to_string(list == nullptr ? 0 : list->size());
  if (list == nullptr) return reply;
  for (const std::string& element : *list) reply += " " + *bulk(element);
  return reply;
}

// The list that a command that waits finds: when it is tried again, no other key's, and no error
// where something else is there.
bool find_awaited(ModelCall& call, std::size_t i, List*& list) {
  list = nullptr;
  if (call.awaited == nullptr) return find(call, call.place(i), list);
  if (*call.awaited == call.words[i]) find(call, call.place(i), list);
  return true;
}

template <bool kLeft>
Reply pop_awaited(ModelCall& call) {
  for (std::size_t i = 1; i + 1 < call.words.size(); ++i) {
    List* list = nullptr;
    if (!find_awaited(call, i, list)) return wrong_type();
    if (list == nullptr) continue;
    Reply reply = "*2 " + *bulk(call.words[i]) + " " + *bulk(pop_from(*list, kLeft));
    call.keyspace.changed(call.place(i));
    return reply;
  }
  return std::nullopt;
}

// LMOVE source target from to, BLMOVE with a timeout behind it.
Reply move_awaited(ModelCall& call) {
  List* source = nullptr;
  List* target = nullptr;
  if (!find_awaited(call, 1, source)) return wrong_type();
  if (source == nullptr) return std::nullopt;
  if (!find(call, call.place(2), target)) return wrong_type();
  std::string element = pop_from(*source, call.words[3] == "LEFT");
  Reply reply = bulk(element);
  if (source != target) call.keyspace.changed(call.place(1));
  target = find_or_create<List>(call, call.place(2));
  push_to(*target, call.words[4] == "LEFT", std::move(element));
  call.keyspace.changed(call.place(2));
  return reply;
}

Reply lmove(ModelCall& call) {
  Reply reply = move_awaited(call);
  return reply ? reply : null();
}

constexpr ModelCommand kRows[] = {
    {"BLMOVE", 1, 2, 1, Extent::kItsKeys, move_awaited},
    {"BLPOP", 1, -2, 1, Extent::kItsKeys, pop_awaited<true>},
    {"BRPOP", 1, -2, 1, Extent::kItsKeys, pop_awaited<false>},
    {"LLEN", 1, 1, 1, Extent::kItsKeys, llen},
    {"LMOVE", 1, 2, 1, Extent::kItsKeys, lmove},
    {"LPOP", 1, 1, 1, Extent::kItsKeys, pop<true>},
    {"LPUSH", 1, 1, 1, Extent::kItsKeys, push<true>},
    {"LRANGE", 1, 1, 1, Extent::kItsKeys, lrange},
    {"RPOP", 1, 1, 1, Extent::kItsKeys, pop<false>},
    {"RPUSH", 1, 1, 1, Extent::kItsKeys, push<false>},
};

}  // namespace

const std::span<const ModelCommand> kListCommands = kRows;

}  // namespace weir::redis::model
