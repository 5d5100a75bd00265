#include "servers/redis/commands/client_line.h"

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "core/chunk_pool.h"
#include "servers/redis/commands/client_tracking.h"

namespace weir::redis::commands {
namespace {

class Fields {
 public:
  void add(std::string_view name, std::string_view value) {
    text_.append(text_.empty() ? "" : " ").append(name).append("=").append(value);
  }
  void add(std::string_view name, std::uint64_t value) { add(name, std::to_string(value)); }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

// As the reactor last stored them, for a client's own call as they are.
struct Sizes {
  std::size_t query;
  std::size_t arguments;
  std::size_t queued;
  std::size_t output;
  std::size_t output_peak;
};

Sizes sizes_of(Call& call, const Client& client) {
  const BufferSizes& stored = client.buffers;
  Sizes sizes = {stored.query.load(std::memory_order_relaxed), 0,
                 stored.queued.load(std::memory_order_relaxed),
                 stored.output.load(std::memory_order_relaxed),
                 stored.output_peak.load(std::memory_order_relaxed)};
  if (&client != &call.client) return sizes;
  sizes.query = call.connection().unread().size();
  for (const std::string_view argument : call.arguments()) sizes.arguments += argument.size();
  sizes.output = call.connection().output().size();
  return sizes;
}

// Redis' buffer of a fixed size is here the first chunk, and its list of blocks the chunks that
// follow: an output that the first does not hold is all in the list.
void add_output(Fields& fields, const Sizes& sizes) {
  constexpr std::size_t kChunk = ChunkPool::kChunkBytes;
  const bool fits = sizes.output <= kChunk;
  fields.add("rbs", sizes.output == 0 ? 0 : kChunk);
  fields.add("rbp", std::min(sizes.output_peak, kChunk));
  fields.add("obl", fits ? sizes.output : 0);
  fields.add("oll", fits ? 0 : (sizes.output + kChunk - 1) / kChunk);
  fields.add("omem", fits ? 0 : sizes.output);
}

std::string flags_of(Client& client) {
  std::string flags;
  const auto add_if = [&flags](bool set, char flag) {
    if (set) flags += flag;
  };
  add_if(client.monitors.load(std::memory_order_relaxed), 'O');
  add_if(client.is_subscriber(), 'P');
  add_if(client.queued.load(std::memory_order_relaxed) >= 0, 'x');
  add_if(client.is_blocked(), 'b');
  add_if(client.tracking.has(ClientTracking::kOn), 't');
  add_if(client.tracking.has(ClientTracking::kBrokenRedirection), 'R');
  add_if(client.tracking.has(ClientTracking::kBroadcast), 'B');
  add_if(client.transaction.watched_touched(), 'd');
  add_if(client.unix_socket, 'U');
  add_if(client.no_evict.load(std::memory_order_relaxed), 'e');
  add_if(client.no_touch.load(std::memory_order_relaxed), 'T');
  return flags.empty() ? "N" : flags;
}

std::string last_command_name(const Client& client) {
  const Command* command = client.last_command.load(std::memory_order_relaxed);
  if (command == nullptr) return "NULL";
  const Command* container = client.last_container.load(std::memory_order_relaxed);
  return whole_name(*command, container);
}

std::string seconds_since(std::int64_t then_ms, std::int64_t now_ms) {
  return std::to_string(std::max<std::int64_t>(now_ms - then_ms, 0) / 1000);
}

}  // namespace

std::string client_line(Call& call, Client& client) {
  const Sizes sizes = sizes_of(call, client);
  Fields fields;
  fields.add("id", client.id);
  fields.add("addr", client.peer);
  fields.add("laddr", client.local);
  fields.add("fd", std::to_string(client.fd));
  fields.add("name", client.name);
  fields.add("age", seconds_since(client.created_ms, call.now_ms));
  fields.add("idle",
             seconds_since(client.last_active_ms.load(std::memory_order_relaxed), call.now_ms));
  fields.add("flags", flags_of(client));
  fields.add("db", client.database.load(std::memory_order_relaxed));
  fields.add("sub", client.subscribed[kChannel].load(std::memory_order_relaxed));
  fields.add("psub", client.subscribed[kPattern].load(std::memory_order_relaxed));
  fields.add("ssub", client.subscribed[kShardChannel].load(std::memory_order_relaxed));
  fields.add("multi", std::to_string(client.queued.load(std::memory_order_relaxed)));
  fields.add("qbuf", sizes.query);
  // Input stays where it was received, and one that waits takes what it takes.
  fields.add("qbuf-free", 0);
  fields.add("argv-mem", sizes.arguments);
  fields.add("multi-mem", sizes.queued);
  add_output(fields, sizes);
  fields.add("tot-mem", client.object_bytes + sizes.query + sizes.arguments + sizes.queued +
                            sizes.output + client.buffers.names.load(std::memory_order_relaxed));
  fields.add("events", &client != &call.client && sizes.output > 0 ? "rw" : "r");
  fields.add("cmd", last_command_name(client));
  fields.add("user", "default");
  fields.add("redir", std::to_string(tracking_redirection(client)));
  fields.add("resp", std::to_string(client.protocol.load(std::memory_order_relaxed)));
  return fields.take();
}

}  // namespace weir::redis::commands
