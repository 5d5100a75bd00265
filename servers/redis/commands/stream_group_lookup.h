// Finding the consumer group that a command names.
// Thread rule: the call's thread.
#pragma once

#include <cstddef>
#include <string_view>

#include "servers/redis/call.h"
#include "servers/redis/types/stream.h"

namespace weir::redis::commands {

// A group and its stream; nothing without both.
struct FoundGroup {
  Stream* stream = nullptr;
  StreamGroup* group = nullptr;

  explicit operator bool() const { return group != nullptr; }
};

// The group that argument `group` names, of the stream at key `key`. Nothing, with the error
// replied, when there is no such key or group, which the error ends with `where`, or no stream.
FoundGroup read_group(Call& call, std::size_t key, std::size_t group, std::string_view where = "");

// The same of a subcommand whose key was found: argument 2, and argument 3 the group's name.
StreamGroup* find_group_of(Call& call, Stream& stream);

// The consumer, made when absent, seen now. `key` is the stream's.
StreamConsumer& see_consumer(Call& call, std::size_t key, StreamGroup& group,
                             std::string_view name);

}  // namespace weir::redis::commands
