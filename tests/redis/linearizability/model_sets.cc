// Sets, and SORT.
#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <variant>

#include "tests/redis/linearizability/model_command.h"
#include "tests/redis/linearizability/model_reply.h"

namespace weir::redis::model {
namespace {

Reply sadd(ModelCall& call) {
  Set* const set = find_or_create<Set>(call, call.place(1));
  if (set == nullptr) return wrong_type();
  if (!set->insert(call.words[2]).second) return integer(0);
  call.keyspace.changed(call.place(1));
  return integer(1);
}

Reply srem(ModelCall& call) {
  Set* set = nullptr;
  if (!find(call, call.place(1), set)) return wrong_type();
  if (set == nullptr || set->erase(call.words[2]) == 0) return integer(0);
  call.keyspace.changed(call.place(1));
  return integer(1);
}

Reply smove(ModelCall& call) {
  Set* source = nullptr;
  Set* target = nullptr;
  if (!find(call, call.place(1), source)) return wrong_type();
  if (source == nullptr) return integer(0);
  if (!find(call, call.place(2), target)) return wrong_type();
  if (source == target) return integer(source->count(call.words[3]));
  if (source->erase(call.words[3]) == 0) return integer(0);
  call.keyspace.changed(call.place(1));
  target = find_or_create<Set>(call, call.place(2));
  if (target->insert(call.words[3]).second) call.keyspace.changed(call.place(2));
  return integer(1);
}

Reply sismember(ModelCall& call) {
  Set* set = nullptr;
  if (!find(call, call.place(1), set)) return wrong_type();
  return integer(set == nullptr ? 0 : set->count(call.words[2]));
}

Reply scard(ModelCall& call) {
  Set* set = nullptr;
  if (!find(call, call.place(1), set)) return wrong_type();
  return integer(set == nullptr ? 0 : set->size());
}

// SORT source ALPHA STORE target
Reply sort(ModelCall& call) {
  List sorted;
  if (const Value* value = call.keyspace.find(call.place(1)); value != nullptr) {
    if (std::holds_alternative<std::string>(*value)) return wrong_type();
    if (const List* list = std::get_if<List>(value)) sorted = *list;
    if (const Set* set = std::get_if<Set>(value)) sorted.assign(set->begin(), set->end());
  }
  std::sort(sorted.begin(), sorted.end());
  const std::size_t size = sorted.size();
  if (size == 0) {
    call.keyspace.remove(call.place(4));
  } else {
    call.keyspace.store(call.place(4), std::move(sorted));
  }
  return integer(size);
}

constexpr ModelCommand kRows[] = {
    {"SADD", 1, 1, 1, Extent::kItsKeys, sadd},
    {"SCARD", 1, 1, 1, Extent::kItsKeys, scard},
    {"SISMEMBER", 1, 1, 1, Extent::kItsKeys, sismember},
    {"SMOVE", 1, 2, 1, Extent::kItsKeys, smove},
    {"SORT", 1, 4, 3, Extent::kItsKeys, sort},
    {"SREM", 1, 1, 1, Extent::kItsKeys, srem},
};

}  // namespace

const std::span<const ModelCommand> kSetCommands = kRows;

}  // namespace weir::redis::model
