// The ends of a list, as commands name them and work on them.
// Thread rule: the call's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "servers/redis/call.h"
#include "servers/redis/types/list.h"

namespace weir::redis::commands {

enum class End : std::uint8_t { kLeft, kRight };

inline std::optional<End> parse_end(const Call& call, std::size_t i) {
  if (call.is_option(i, "left")) return End::kLeft;
  if (call.is_option(i, "right")) return End::kRight;
  return std::nullopt;
}

inline void push(List& list, End end, std::string_view text, const EncodingLimits& limits) {
  if (end == End::kLeft) {
    list.push_front(text, limits);
  } else {
    list.push_back(text, limits);
  }
}

inline void pop(List& list, End end, std::size_t count = 1) {
  if (end == End::kLeft) {
    list.pop_front(count);
  } else {
    list.pop_back(count);
  }
}

inline KeyEvent push_event(End end) { return {kListEvent, end == End::kLeft ? "lpush" : "rpush"}; }

inline KeyEvent pop_event(End end) { return {kListEvent, end == End::kLeft ? "lpop" : "rpop"}; }

// REQUIRES: the list is not empty.
inline List::Element peek(const List& list, End end) {
  return end == End::kLeft ? list.front() : list.back();
}

}  // namespace weir::redis::commands
