// What the model's commands have in common: replies, as RedisClient reads them, and finding values.
//
// Thread rule: plain functions.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "tests/redis/linearizability/keyspace_model.h"
#include "tests/redis/linearizability/model_command.h"

namespace weir::redis::model {

using Reply = std::optional<std::string>;
using Value = KeyspaceModel::Value;
using List = KeyspaceModel::List;
using Set = KeyspaceModel::Set;

constexpr std::string_view kOk = "+OK";
constexpr std::string_view kNull = "$-1";
constexpr std::string_view kWrongType =
    "-WRONGTYPE Operation against a key holding the wrong kind of value";

inline Reply ok() { return std::string(kOk); }
inline Reply null() { return std::string(kNull); }
inline Reply wrong_type() { return std::string(kWrongType); }
inline Reply integer(std::size_t number) { return ":" + std::to_string(number); }
inline Reply bulk(std::string_view text) {
  return "$" + std::to_string(text.size()) + " " + std::string(text);
}

// The T at a place, nullptr when it is absent. False when something else is there.
template <class T>
bool find(ModelCall& call, const Place& place, T*& value) {
  Value* const found = call.keyspace.find(place);
  value = found == nullptr ? nullptr : std::get_if<T>(found);
  return found == nullptr || value != nullptr;
}

// The same, made where it is absent; nullptr when something else is there.
template <class T>
T* find_or_create(ModelCall& call, const Place& place) {
  T* value = nullptr;
  if (!find(call, place, value)) return nullptr;
  if (value != nullptr) return value;
  call.keyspace.store(place, T());
  return std::get_if<T>(call.keyspace.find(place));
}

}  // namespace weir::redis::model
