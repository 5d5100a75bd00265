// Strings.
#include <charconv>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include "tests/redis/linearizability/model_command.h"
#include "tests/redis/linearizability/model_reply.h"

namespace weir::redis::model {
namespace {

Reply get(ModelCall& call) {
  std::string* text = nullptr;
  if (!find(call, call.place(1), text)) return wrong_type();
  return text == nullptr ? null() : bulk(*text);
}

Reply set(ModelCall& call) {
  call.keyspace.store(call.place(1), call.words[2]);
  return ok();
}

Reply setnx(ModelCall& call) {
  if (call.keyspace.find(call.place(1)) != nullptr) return integer(0);
  call.keyspace.store(call.place(1), call.words[2]);
  return integer(1);
}

Reply getset(ModelCall& call) {
  Reply old = get(call);
  if (old != kWrongType) call.keyspace.store(call.place(1), call.words[2]);
  return old;
}

Reply append(ModelCall& call) {
  std::string* text = nullptr;
  if (!find(call, call.place(1), text)) return wrong_type();
  std::string whole = (text == nullptr ? "" : *text) + call.words[2];
  const std::size_t size = whole.size();
  call.keyspace.store(call.place(1), std::move(whole));
  return integer(size);
}

// REQUIRES: a string of digits without a zero in front is all that it meets.
Reply incr(ModelCall& call) {
  std::string* text = nullptr;
  if (!find(call, call.place(1), text)) return wrong_type();
  std::int64_t number = 0;
  if (text != nullptr) {
    const char* const end = text->data() + text->size();
    const auto [parsed, error] = std::from_chars(text->data(), end, number);
    if (error != std::errc() || parsed != end) {
      return "-ERR value is not an integer or out of range";
    }
  }
  if (number == std::numeric_limits<std::int64_t>::max()) {
    return "-ERR increment or decrement would overflow";
  }
  call.keyspace.store(call.place(1), std::to_string(number + 1));
  return ":" + std::to_string(number + 1);
}

Reply mset(ModelCall& call) {
  for (std::size_t i = 1; i < call.words.size(); i += 2) {
    call.keyspace.store(call.place(i), call.words[i + 1]);
  }
  return ok();
}

Reply mget(ModelCall& call) {
  std::string reply = "*" + std::to_string(call.words.size() - 1);
  for (std::size_t i = 1; i < call.words.size(); ++i) {
    std::string* text = nullptr;
    find(call, call.place(i), text);
    reply += " " + *(text == nullptr ? null() : bulk(*text));
  }
  return reply;
}

constexpr ModelCommand kRows[] = {
    {"APPEND", 1, 1, 1, Extent::kItsKeys, append}, {"GET", 1, 1, 1, Extent::kItsKeys, get},
    {"GETSET", 1, 1, 1, Extent::kItsKeys, getset}, {"INCR", 1, 1, 1, Extent::kItsKeys, incr},
    {"MGET", 1, -1, 1, Extent::kItsKeys, mget},    {"MSET", 1, -1, 2, Extent::kItsKeys, mset},
    {"SET", 1, 1, 1, Extent::kItsKeys, set},       {"SETNX", 1, 1, 1, Extent::kItsKeys, setnx},
};

}  // namespace

const std::span<const ModelCommand> kStringCommands = kRows;

}  // namespace weir::redis::model
