// CLIENT: what clients say of themselves, and what one may learn of the others or do to them.
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine.h"
#include "servers/redis/call.h"
#include "servers/redis/commands/arguments.h"
#include "servers/redis/commands/client_line.h"
#include "servers/redis/commands/client_name.h"
#include "servers/redis/commands/client_tracking.h"
#include "servers/redis/commands/groups.h"
#include "servers/redis/commands/help.h"
#include "servers/redis/measurement.h"
#include "servers/redis/types/integer_text.h"
#include "servers/redis/wake_up.h"

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
  if (set_client_name(call, call.argument(2))) call.reply.ok();
}

// What TYPE selects clients by.
enum class ClientType { kAny, kNormal, kPubSub, kNone };

bool has_type(const Client& client, ClientType type) {
  if (type == ClientType::kAny) return true;
  return type == (client.is_subscriber() ? ClientType::kPubSub : ClientType::kNormal);
}

void client_info(Call& call) {
  const std::string line = call.server.clients().with_names(
      call.client, [&call](Client& client) { return client_line(call, client); });
  call.reply.verbatim("txt", line + "\n");
}

// Reads TYPE's argument; nobody is a master or a replica. False, with the error replied.
bool parse_type(Call& call, std::size_t i, ClientType& type) {
  if (call.is_option(i, "normal")) {
    type = ClientType::kNormal;
  } else if (call.is_option(i, "pubsub")) {
    type = ClientType::kPubSub;
  } else if (call.is_option(i, "master") || call.is_option(i, "replica") ||
             call.is_option(i, "slave")) {
    type = ClientType::kNone;
  } else {
    call.error("ERR Unknown client type '" + std::string(call.argument(i)) + "'");
    return false;
  }
  return true;
}

void client_list(Call& call) {
  ClientType type = ClientType::kAny;
  std::vector<std::uint64_t> ids;
  if (call.size() == 4 && call.is_option(2, "type")) {
    if (!parse_type(call, 3, type)) return;
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
    if (!client.killed && has_type(client, type)) lines += client_line(call, client) + "\n";
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
  ClientType type = ClientType::kAny;
  bool skip_me = true;

  bool matches(const Client& client, const Client& me) const {
    if (id && *id != client.id) return false;
    if (address && *address != client.peer) return false;
    if (local_address && *local_address != client.local) return false;
    return has_type(client, type) && !client.killed && !(skip_me && &client == &me);
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
      if (!parse_type(call, i + 1, filter.type)) return false;
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
    call.server.close_client(client, "killed by CLIENT KILL");
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
    return call.reply.ok();
  }
  if (parse_kill_filter(call, filter)) call.reply.integer(kill(call, filter));
}

void client_reply(Call& call) {
  ReplyMode& mode = call.client.reply_mode;
  if (call.is_option(2, "on")) {
    mode = ReplyMode::kOn;
    call.reply = Reply(call.connection().output(), call.reply.protocol());
    call.reply.ok();
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

void client_pause(Call& call) {
  bool all = true;
  if (call.size() == 4) {
    all = call.is_option(3, "all");
    if (!all && !call.is_option(3, "write")) {
      return call.error("ERR CLIENT PAUSE mode must be WRITE or ALL");
    }
  } else if (call.size() != 3) {
    return call.error("ERR unknown subcommand or wrong number of arguments for '" +
                      std::string(call.argument(1)) + "'. Try CLIENT HELP.");
  }
  std::int64_t timeout_ms = 0;
  if (!read_timeout_ms(call, 2, timeout_ms)) return;
  call.server.pause().begin(all, call.now_ms + timeout_ms, call.now_ms);
  call.reply.ok();
}

void client_unpause(Call& call) {
  call.server.pause().end();
  const auto look_again = std::make_shared<LookAgain>();
  call.server.clients().for_each([&](Client& client) {
    if (client.paused) {
      call.server.outbox().send(client.connection, look_again);
    }
  });
  call.reply.ok();
}

void client_unblock(Call& call) {
  if (call.size() > 4) {
    return call.error("ERR unknown subcommand or wrong number of arguments for '" +
                      std::string(call.argument(1)) + "'. Try CLIENT HELP.");
  }
  const bool as_error = call.size() == 4 && call.is_option(3, "error");
  if (call.size() == 4 && !as_error && !call.is_option(3, "timeout")) {
    return call.error("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
  }
  std::int64_t id = 0;
  if (!call.integer(2, id)) return;
  static constexpr char kError[] = "-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n";
  bool unblocked = false;
  call.server.clients().with_client(static_cast<std::uint64_t>(id), [&](Client& client) {
    unblocked = client.waiter.close_if([&] {
      count_unblocked(call.server, call.reactor, client.waiter);
      return true;
    });
    if (!unblocked) return;
    if (as_error) call.server.count_error(call.reactor, "UNBLOCKED client");
    call.server.outbox().send(client.connection, as_error ? std::make_shared<WakeUp>(kError)
                                                          : std::make_shared<WakeUp>());
  });
  call.reply.integer(unblocked ? 1 : 0);
}

void set_switch(Call& call, std::atomic<bool>& target) {
  if (!call.is_option(2, "on") && !call.is_option(2, "off")) return call.syntax_error();
  target.store(call.is_option(2, "on"), std::memory_order_relaxed);
  call.reply.ok();
}

void client_no_evict(Call& call) { set_switch(call, call.client.no_evict); }
void client_no_touch(Call& call) { set_switch(call, call.client.no_touch); }

constexpr std::uint32_t kAny = kNoScript | kLoading | kStale;

constexpr KeyRange kNoKeys{};

constexpr Command kSubcommands[] = {
    {"caching", 3, kAny, kNoKeys, client_caching, "6.0.0",
     "Decides whether the keys of the next command are tracked."},
    {"getname", 2, kAny, kNoKeys, client_getname, "2.6.9", "Returns the name of the connection."},
    {"getredir", 2, kAny, kNoKeys, client_getredir, "6.0.0",
     "Returns the id of the connection that is told of invalid keys."},
    help_row("5.0.0"),
    {"id", 2, kAny, kNoKeys, client_id, "5.0.0", "Returns the id of the connection."},
    {"info", 2, kAny, kNoKeys, client_info, "6.2.0", "Describes the connection."},
    {"kill", -3, kAny | kAdmin, kNoKeys, client_kill, "2.4.0", "Closes connections."},
    {"list", -2, kAny | kAdmin, kNoKeys, client_list, "2.4.0", "Lists the connections."},
    {"no-evict", 3, kAny | kAdmin, kNoKeys, client_no_evict, "7.0.0",
     "Exempts the connection from eviction."},
    {"no-touch", 3, kAny, kNoKeys, client_no_touch, "7.2.0",
     "Decides whether what the connection does is a use of keys."},
    {"pause", -3, kAny | kAdmin, kNoKeys, client_pause, "3.0.0",
     "Stops executing commands for some time."},
    {"reply", 3, kAny, kNoKeys, client_reply, "3.2.0", "Tells the server whether to reply."},
    {"tracking", -3, kAny, kNoKeys, client_tracking, "6.0.0",
     "Decides whether the connection is told when keys that it has read change."},
    {"trackinginfo", 2, kAny, kNoKeys, client_trackinginfo, "6.2.0",
     "Returns how the connection tracks keys."},
    {"unblock", -3, kAny | kAdmin, kNoKeys, client_unblock, "5.0.0",
     "Ends the wait of a connection."},
    {"unpause", 2, kAny | kAdmin, kNoKeys, client_unpause, "6.2.0", "Ends CLIENT PAUSE."},
    {"setname", 3, kAny, kNoKeys, client_setname, "2.6.9", "Names the connection."},
};

constexpr Command kRows[] = {
    {"client", -2, 0, kNoKeys, nullptr, "2.4.0", "Connections, one's own and others.",
     kSubcommands},
};

}  // namespace

const CommandGroup kClient{"connection", kRows};

}  // namespace weir::redis::commands
