// HSCAN, SSCAN, ZSCAN: the steps of one call.
// Thread rule: the call's thread, under the lock of the collection's shard.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "servers/redis/call.h"
#include "servers/redis/commands/collected_elements.h"
#include "servers/redis/commands/scan_option.h"

namespace weir::redis::commands {

// The next cursor and what was found.
inline void reply_scan(Call& call, std::uint64_t cursor, const CollectedElements& found) {
  call.reply.array(2);
  call.reply.bulk(std::to_string(cursor));
  call.reply.array(found.count());
  call.reply.raw(found.bytes());
}

// Executes COMMAND key cursor [MATCH pattern] [COUNT count] on a T with scan(cursor, visit).
// emit(const T&, CollectedElements&, name, rest...) writes one element that matches; it gets what
// T's scan() visits. COUNT bounds the parts visited, a field and its value being two, and in
// proportion the empty buckets that a call may pass. Of an absent key Redis checks the cursor
// alone.
template <class T, class Emit>
void scan_collection(Call& call, Emit&& emit) {
  constexpr std::size_t kStepsPerElement = 10;
  std::uint64_t cursor = 0;
  if (!parse_cursor(call, 2, cursor)) return;
  T* collection = nullptr;
  if (!call.read(1, collection)) return;
  CollectedElements found(call.reply.protocol());
  if (collection == nullptr) return reply_scan(call, 0, found);
  ScanOptions options;
  if (!parse_scan_options(call, 3, false, options)) return;

  std::size_t visited = 0;
  for (std::size_t step = 0; step < options.count * kStepsPerElement; ++step) {
    cursor = collection->scan(cursor, [&](std::string_view name, const auto&... rest) {
      visited += 1 + sizeof...(rest);
      if (options.matches(name)) emit(*collection, found, name, rest...);
    });
    if (cursor == 0 || visited >= options.count) break;
  }
  reply_scan(call, cursor, found);
}

}  // namespace weir::redis::commands
