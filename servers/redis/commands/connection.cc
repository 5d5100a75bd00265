// The connection itself: who speaks, in which protocol, to which database.
#include <string>
#include <string_view>
#include <utility>

#include "servers/redis/call.h"
#include "servers/redis/commands/arguments.h"
#include "servers/redis/commands/client_line.h"
#include "servers/redis/commands/client_name.h"
#include "servers/redis/commands/groups.h"
#include "servers/redis/default_user.h"
#include "servers/redis/executor.h"
#include "servers/redis/types/integer_text.h"

namespace weir::redis::commands {
namespace {

void ping(Call& call) {
  if (call.size() > 2) return wrong_arity(call);
  if (call.reply.protocol() == 2 && !call.client.subscriptions.empty()) {
    call.reply.array(2);
    call.reply.bulk("pong");
    return call.reply.bulk(call.size() == 2 ? call.argument(1) : "");
  }
  if (call.size() == 2) return call.reply.bulk(call.argument(1));
  call.reply.simple_string("PONG");
}

void echo(Call& call) { call.reply.bulk(call.argument(1)); }

void select(Call& call) {
  std::size_t database = 0;
  if (!read_database(call, 1, database)) return;
  call.client.database.store(static_cast<std::uint32_t>(database), std::memory_order_relaxed);
  call.reply.ok();
}

void quit(Call& call) {
  call.reply.ok();
  call.client.close_after_reply = true;
}

void log_refusal(Call& call, std::string_view user) {
  AclLog::Entry entry;
  entry.context = call.client.transaction.is_open() ? "multi" : "toplevel";
  entry.object = call.argument(0);
  entry.user = user;
  entry.client = call.server.clients().with_names(
      call.client, [&call](Client& client) { return client_line(call, client); });
  entry.time_ms = call.now_ms;
  const auto max_size = call.server.config().acl_log_max_size.load(std::memory_order_relaxed);
  call.server.acl_log().add(std::move(entry), static_cast<std::size_t>(max_size));
}

// Checks a user's password. Replies the error.
bool authenticate(Call& call, std::string_view user, std::string_view password) {
  if (user == DefaultUser::kName && call.server.config().default_user.accepts(password)) {
    call.client.authenticated = true;
    return true;
  }
  log_refusal(call, user);
  call.error("WRONGPASS invalid username-password pair or user is disabled.");
  return false;
}

void auth(Call& call) {
  if (call.size() > 3) return call.syntax_error();
  if (call.size() == 2 && call.server.config().default_user.has_no_password()) {
    return call.error(
        "ERR AUTH <password> called without any password configured for the default user. Are you "
        "sure your configuration is correct?");
  }
  const bool named = call.size() == 3;
  if (authenticate(call, named ? call.argument(1) : DefaultUser::kName,
                   call.argument(named ? 2 : 1))) {
    call.reply.ok();
  }
}

void reply_greeting(Call& call) {
  call.reply.map(7);
  call.reply.bulk("server");
  call.reply.bulk("redis");
  call.reply.bulk("version");
  call.reply.bulk(kRedisVersion);
  call.reply.bulk("proto");
  call.reply.integer(call.reply.protocol());
  call.reply.bulk("id");
  call.reply.integer(static_cast<std::int64_t>(call.client.id));
  call.reply.bulk("mode");
  call.reply.bulk("standalone");
  call.reply.bulk("role");
  call.reply.bulk("master");
  call.reply.bulk("modules");
  call.reply.array(0);
}

// Reads the version that HELLO asks for; 0 when it asks for none. False, with the error replied.
bool parse_version(Call& call, int& version) {
  version = 0;
  if (call.size() == 1) return true;
  const auto number = parse_integer(call.argument(1));
  if (!number) {
    call.error("ERR Protocol version is not an integer or out of range");
    return false;
  }
  if (*number < 2 || *number > 3) {
    call.error("NOPROTO unsupported protocol version");
    return false;
  }
  version = static_cast<int>(*number);
  return true;
}

// Does what HELLO's options ask for, one after the other: what stands before a wrong one stays
// done.
bool apply_hello_options(Call& call) {
  for (std::size_t i = 2; i < call.size(); ++i) {
    if (call.is_option(i, "auth") && i + 2 < call.size()) {
      if (!authenticate(call, call.argument(i + 1), call.argument(i + 2))) return false;
      i += 2;
    } else if (call.is_option(i, "setname") && i + 1 < call.size()) {
      if (!set_client_name(call, call.argument(++i))) return false;
    } else {
      call.error("ERR Syntax error in HELLO option '" + std::string(call.argument(i)) + "'");
      return false;
    }
  }
  return true;
}

void hello(Call& call) {
  int version = 0;
  if (!parse_version(call, version) || !apply_hello_options(call)) return;
  if (call.server.must_authenticate(call.client)) {
    return call.error(
        "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO "
        "AUTH <user> <pass> option can be used to authenticate the client and select the RESP "
        "protocol version at the same time");
  }
  if (version != 0) {
    call.client.protocol.store(version, std::memory_order_relaxed);
    call.reply.set_protocol(version);
  }
  reply_greeting(call);
}

void reset(Call& call) {
  Client& client = call.client;
  forget_transaction(call.server, client);
  call.server.pubsub().unsubscribe_all(client);
  call.server.monitors().remove(client);
  call.server.tracking().end(client);
  client.database.store(0, std::memory_order_relaxed);
  client.protocol.store(2, std::memory_order_relaxed);
  client.reply_mode = ReplyMode::kOn;
  client.no_touch.store(false, std::memory_order_relaxed);
  client.authenticated = !call.server.config().default_user.must_authenticate();
  set_client_name(call, "");
  call.reply = Reply(call.connection().output());
  call.reply.simple_string("RESET");
}

constexpr std::uint32_t kAlways = kNoScript | kLoading | kStale | kFast;

constexpr KeyRange kNoKeys{};

constexpr Command kRows[] = {
    {"auth", -2, kAlways | kNoAuth | kAllowBusy, kNoKeys, auth, "1.0.0",
     "Authenticates the connection."},
    {"echo", 2, kLoading | kStale | kFast | kPlain, kNoKeys, echo, "1.0.0",
     "Returns its argument."},
    {"hello",
     -1,
     kAlways | kNoAuth | kAllowBusy,
     {},
     hello,
     "6.0.0",
     "Greets the server and chooses the protocol."},
    {"ping", -1, kFast | kForSubscribers | kPlain, kNoKeys, ping, "1.0.0",
     "Returns PONG, or its argument."},
    {"quit", -1, kAlways | kNoAuth | kAllowBusy | kNotQueued | kForSubscribers, kNoKeys, quit,
     "1.0.0", "Closes the connection."},
    {"reset",
     1,
     kAlways | kNoAuth | kAllowBusy | kNotQueued | kForSubscribers,
     {},
     reset,
     "6.2.0",
     "Brings the connection back to its first state."},
    {"select", 2, kLoading | kStale | kFast, kNoKeys, select, "1.0.0", "Changes the database."},
};

}  // namespace

const CommandGroup kConnection{"connection", kRows};

}  // namespace weir::redis::commands
