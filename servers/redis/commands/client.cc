// CLIENT: what clients say of themselves, and what one may learn of the others or do to them.
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine.h"
#include "servers/redis/call.h"
#include "servers/redis/commands/client_name.h"
#include "servers/redis/commands/groups.h"
#include "servers/redis/types/integer_text.h"

namespace weir::redis::commands {
namespace {

void client_id(Call& call) { call.reply.integer(static_cast<std::int64_t>(call.client.id)); }

void client_getname(Call& call) {
  const std::string name =
      call.server.clients().with_names(call.client, [](Client& client) { return client.name; });
  if (name.empty()) return call.reply.null();
  call.reply.bulk(name);
}

void client_setname(Call& call) {
  if (set_client_name(call, call.argument(2))) call.reply.simple_string("OK");
}

void client_setinfo(Call& call) {
  std::string Client::*field = nullptr;
  if (call.is_option(2, "lib-name")) {
    field = &Client::library_name;
  } else if (call.is_option(2, "lib-ver")) {
    field = &Client::library_version;
  } else {
    return call.error("ERR Unrecognized option '" + std::string(call.argument(2)) + "'");
  }
  if (!is_listable(call.argument(3))) {
    return call.error("ERR " + std::string(call.argument(2)) +
                      " cannot contain spaces, newlines or special characters.");
  }
  call.server.clients().with_names(call.client,
                                   [&](Client& client) { client.*field = call.argument(3); });
  call.reply.simple_string("OK");
}

std::string last_command_name(const Client& client) {
  const Command* command = client.last_command.load(std::memory_order_relaxed);
  if (command == nullptr) return "NULL";
  const Command* container = client.last_container.load(std::memory_order_relaxed);
  const std::string name(command->name);
  return container == nullptr ? name : std::string(container->name) + "|" + name;
}

// A line of CLIENT LIST. REQUIRES: the lock of Clients is held.
std::string describe(const Client& client, std::int64_t now_ms) {
  const int queued = client.queued.load(std::memory_order_relaxed);
  std::string flags = queued >= 0 ? "x" : "";
  if (client.unix_socket) flags += "U";
  if (client.no_evict.load(std::memory_order_relaxed)) flags += "e";
  if (flags.empty()) flags = "N";
  std::string line = "id=" + std::to_string(client.id);
  const auto add = [&line](std::string_view name, const std::string& value) {
    line.append(" ").append(name).append("=").append(value);
  };
  add("addr", client.peer);
  add("laddr", client.local);
  add("fd", std::to_string(client.fd));
  add("name", client.name);
  add("age", std::to_string((now_ms - client.created_ms) / 1000));
  const std::int64_t active = client.last_active_ms.load(std::memory_order_relaxed);
  add("idle", std::to_string(std::max<std::int64_t>(now_ms - active, 0) / 1000));
  add("flags", flags);
  add("db", std::to_string(client.database.load(std::memory_order_relaxed)));
  add("sub", "0");
  add("psub", "0");
  add("ssub", "0");
  add("multi", std::to_string(queued));
  add("watch", std::to_string(client.watching.load(std::memory_order_relaxed)));
  add("cmd", last_command_name(client));
  add("user", "default");
  add("redir", "-1");
  add("resp", std::to_string(client.protocol.load(std::memory_order_relaxed)));
  add("lib-name", client.library_name);
  add("lib-ver", client.library_version);
  return line;
}

void client_info(Call& call) {
  const std::string line = call.server.clients().with_names(
      call.client, [&call](Client& client) { return describe(client, call.now_ms); });
  call.reply.verbatim("txt", line + "\n");
}

// Reads TYPE's argument; there are only normal clients so far. False, with the error replied.
bool parse_type(Call& call, std::size_t i, bool& normal) {
  normal = call.is_option(i, "normal");
  if (normal || call.is_option(i, "master") || call.is_option(i, "replica") ||
      call.is_option(i, "slave") || call.is_option(i, "pubsub")) {
    return true;
  }
  call.error("ERR Unknown client type '" + std::string(call.argument(i)) + "'");
  return false;
}

void client_list(Call& call) {
  bool normal = true;
  std::vector<std::uint64_t> ids;
  if (call.size() == 4 && call.is_option(2, "type")) {
    if (!parse_type(call, 3, normal)) return;
  } else if (call.size() > 3 && call.is_option(2, "id")) {
    for (std::size_t i = 3; i < call.size(); ++i) {
      std::int64_t id = 0;
      if (!call.integer(i, id, "ERR Invalid client ID")) return;
      ids.push_back(static_cast<std::uint64_t>(id));
    }
  } else if (call.size() != 2) {
    return call.syntax_error();
  }
  std::string lines;
  const auto add = [&](Client& client) {
    if (!client.killed && normal) lines += describe(client, call.now_ms) + "\n";
  };
  if (ids.empty()) {
    call.server.clients().for_each(add);
  } else {
    for (const std::uint64_t id : ids) call.server.clients().with_client(id, add);
  }
  call.reply.verbatim("txt", lines);
}

struct KillFilter {
  std::optional<std::uint64_t> id;
  std::optional<std::string_view> address;
  std::optional<std::string_view> local_address;
  bool normal = true;
  bool skip_me = true;

  bool matches(const Client& client, const Client& me) const {
    if (id && *id != client.id) return false;
    if (address && *address != client.peer) return false;
    if (local_address && *local_address != client.local) return false;
    return normal && !client.killed && !(skip_me && &client == &me);
  }
};

bool parse_kill_filter(Call& call, KillFilter& filter) {
  constexpr std::string_view kBadId = "ERR client-id should be greater than 0";
  for (std::size_t i = 2; i < call.size(); i += 2) {
    if (i + 1 == call.size()) {
      call.syntax_error();
      return false;
    }
    if (call.is_option(i, "id")) {
      std::int64_t id = 0;
      if (!call.integer(i + 1, id, kBadId)) return false;
      if (id < 1) {
        call.error(kBadId);
        return false;
      }
      filter.id = static_cast<std::uint64_t>(id);
    } else if (call.is_option(i, "addr")) {
      filter.address = call.argument(i + 1);
    } else if (call.is_option(i, "laddr")) {
      filter.local_address = call.argument(i + 1);
    } else if (call.is_option(i, "user")) {
      if (call.argument(i + 1) != "default") {  // whom all clients are
        call.error("ERR No such user '" + std::string(call.argument(i + 1)) + "'");
        return false;
      }
    } else if (call.is_option(i, "type")) {
      if (!parse_type(call, i + 1, filter.normal)) return false;
    } else if (call.is_option(i, "skipme") &&
               (call.is_option(i + 1, "yes") || call.is_option(i + 1, "no"))) {
      filter.skip_me = call.is_option(i + 1, "yes");
    } else {
      call.syntax_error();
      return false;
    }
  }
  return true;
}

// Closes the clients that match, each on its own reactor; the caller's own after its reply.
std::int64_t kill(Call& call, const KillFilter& filter) {
  std::int64_t killed = 0;
  call.server.clients().for_each([&](Client& client) {
    if (!filter.matches(client, call.client)) return;
    ++killed;
    if (&client == &call.client) {
      client.close_after_reply = true;
      return;
    }
    client.killed = true;
    call.server.engine().post(client.connection, [](Connection* connection) {
      if (connection != nullptr) connection->close(Status::error("killed by CLIENT KILL"));
    });
  });
  return killed;
}

void client_kill(Call& call) {
  KillFilter filter;
  // The old form: one address, and an error when nobody has it.
  if (call.size() == 3) {
    filter.address = call.argument(2);
    filter.skip_me = false;
    if (kill(call, filter) == 0) return call.error("ERR No such client");
    return call.reply.simple_string("OK");
  }
  if (parse_kill_filter(call, filter)) call.reply.integer(kill(call, filter));
}

void client_reply(Call& call) {
  ReplyMode& mode = call.client.reply_mode;
  if (call.is_option(2, "on")) {
    mode = ReplyMode::kOn;
    call.reply = Reply(call.connection.output(), call.reply.protocol());
    call.reply.simple_string("OK");
  } else if (call.is_option(2, "off") || call.is_option(2, "skip")) {
    // Nothing is replied to these either.
    const bool skip = call.is_option(2, "skip");
    if (!skip) {
      mode = ReplyMode::kOff;
    } else if (mode != ReplyMode::kOff) {
      mode = ReplyMode::kSkipThisAndNext;
    }
  } else {
    call.syntax_error();
  }
}

void client_no_evict(Call& call) {
  if (!call.is_option(2, "on") && !call.is_option(2, "off")) return call.syntax_error();
  call.client.no_evict.store(call.is_option(2, "on"), std::memory_order_relaxed);
  call.reply.simple_string("OK");
}

constexpr std::uint32_t kAny = kNoScript | kLoading | kStale;

constexpr KeyRange kNoKeys{};

constexpr Command kSubcommands[] = {
    {"getname", 2, kAny, kNoKeys, client_getname, "2.6.9", "Returns the name of the connection."},
    {"id", 2, kAny, kNoKeys, client_id, "5.0.0", "Returns the id of the connection."},
    {"info", 2, kAny, kNoKeys, client_info, "6.2.0", "Describes the connection."},
    {"kill", -3, kAny | kAdmin, kNoKeys, client_kill, "2.4.0", "Closes connections."},
    {"list", -2, kAny | kAdmin, kNoKeys, client_list, "2.4.0", "Lists the connections."},
    {"no-evict", 3, kAny | kAdmin, kNoKeys, client_no_evict, "7.0.0",
     "Exempts the connection from eviction."},
    {"reply", 3, kAny, kNoKeys, client_reply, "3.2.0", "Tells the server whether to reply."},
    {"setinfo", 4, kAny, kNoKeys, client_setinfo, "7.2.0", "Names the client's library."},
    {"setname", 3, kAny, kNoKeys, client_setname, "2.6.9", "Names the connection."},
};

constexpr Command kRows[] = {
    {"client", -2, 0, kNoKeys, nullptr, "2.4.0", "Connections, one's own and others.",
     kSubcommands},
};

}  // namespace

const CommandGroup kClient{"connection", kRows};

}  // namespace weir::redis::commands
