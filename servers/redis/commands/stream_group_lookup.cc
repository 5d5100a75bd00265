#include "servers/redis/commands/stream_group_lookup.h"

#include <string>

#include "servers/redis/commands/arguments.h"

namespace weir::redis::commands {

FoundGroup read_group(Call& call, std::size_t key, std::size_t group, std::string_view where) {
  FoundGroup found;
  if (!call.read(key, found.stream)) return {};
  if (found.stream != nullptr) found.group = found.stream->find_group(call.argument(group));
  if (found) return found;
  call.error("NOGROUP No such key '" + std::string(quotable(call.argument(key))) +
             "' or consumer group '" + std::string(quotable(call.argument(group))) + "'" +
             std::string(where));
  return {};
}

StreamConsumer& see_consumer(Call& call, std::size_t key, StreamGroup& group,
                             std::string_view name) {
  const bool is_new = group.find_consumer(name) == nullptr;
  StreamConsumer& consumer = group.see_consumer(name, call.now_ms);
  if (is_new) call.announce(key, {kStreamEvent, "xgroup-createconsumer"});
  return consumer;
}

StreamGroup* find_group_of(Call& call, Stream& stream) {
  StreamGroup* group = stream.find_group(call.argument(3));
  if (group != nullptr) return group;
  call.error("NOGROUP No such consumer group '" + std::string(quotable(call.argument(3))) +
             "' for key name '" + std::string(quotable(call.argument(2))) + "'");
  return nullptr;
}

}  // namespace weir::redis::commands
