#include "servers/redis/executor.h"

#include <algorithm>
#include <string>

#include "core/log.h"
#include "servers/redis/eviction.h"
#include "servers/redis/measurement.h"
#include "servers/redis/request_flags.h"
#include "servers/redis/types/integer_text.h"
#include "servers/redis/waiting.h"

namespace weir::redis {
namespace {

// Redis quotes at most so much of a bad command in its error.
constexpr std::size_t kMaxQuoted = 128;

// As much of a bad word as an error quotes: Redis prints it as a C string.
std::string quotable(std::string_view word, std::size_t max = kMaxQuoted) {
  return std::string(word.substr(0, std::min(max, word.find('\0'))));
}

std::string unknown_command(const Request& request) {
  const auto& arguments = request.arguments;
  if (request.container != nullptr) {
    std::string container(request.container->name);
    std::transform(container.begin(), container.end(), container.begin(),
                   [](char c) { return static_cast<char>(c & ~0x20); });
    return "ERR unknown subcommand '" + quotable(arguments[1]) + "'. Try " + container + " HELP.";
  }
  std::string quoted;
  for (std::size_t i = 1; i < arguments.size() && quoted.size() < kMaxQuoted; ++i) {
    quoted += "'" + quotable(arguments[i], kMaxQuoted - quoted.size()) + "' ";
  }
  return "ERR unknown command '" + quotable(arguments[0]) +
         "', with args beginning with: " + quoted;
}

std::string wrong_arity(const Request& request) {
  return "ERR wrong number of arguments for '" + whole_name(*request.command, request.container) +
         "' command";
}

std::string not_for_subscribers(const Request& request) {
  return "ERR Can't execute '" + whole_name(*request.command, request.container) +
         "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this "
         "context";
}

// A browser that was tricked into talking to us (cross-protocol scripting) begins with a request
// line or a header of HTTP.
bool is_http(std::string_view name) {
  return equal_names(name, "post") || equal_names(name, "host:");
}

// SELECT inside a transaction moves the keys of what follows.
std::size_t database_after(const Request& request, std::size_t database, std::size_t databases) {
  if (request.command->name != "select") return database;
  const auto selected = parse_integer(request.arguments[1]);
  const bool valid = selected && *selected >= 0 && static_cast<std::size_t>(*selected) < databases;
  return valid ? static_cast<std::size_t>(*selected) : database;
}

// After a command that reads: where its client tracks keys, it may cache what it was replied.
[[gnu::noinline]] void remember_keys(Call& call) {
  // Of a script only those count that call something that reads: it sees to that itself.
  constexpr std::uint32_t kReads = kReadonly | kRunsScript;
  if ((call.command().flags & kReads) != kReadonly) return;
  for_each_key(call.command().keys, call.arguments(), [&call](std::size_t i) {
    call.server.tracking().remember(call.client, call.shard(i), call.argument(i));
  });
}

bool is_plain(const Request& request) {
  return request.command != nullptr && request.command->is_plain &&
         request.command->arity_matches(request.arguments.size());
}

// For requests that name no command: it has only what the checks need.
constexpr Command kUnknown{"unknown", -1, 0, {}, nullptr, "", ""};

}  // namespace

void add_locks(ShardLocks& locks, const Request& request, std::size_t database,
               bool in_transaction) {
  const Command& command = *request.command;
  // Inside a transaction a walker can't take locks one by one any more.
  if ((command.flags & kExclusive) != 0 || (in_transaction && (command.flags & kWalks) != 0)) {
    locks.add_everything();
    return;
  }
  const KeyRange& keys = command.keys;
  if (keys.locate && keys.locate(request.arguments).whole_database) {
    locks.add_database(database);
    return;
  }
  const bool everywhere = (command.flags & kEveryDatabase) != 0;
  for_each_key(keys, request.arguments, [&](std::size_t i) {
    everywhere ? locks.add_everywhere(request.hashes[i]) : locks.add(database, request.hashes[i]);
  });
}

// The way of every request: what it passes through is inlined by force, a tenth of a GET's cost.
void Executor::execute(Connection& connection, const Request& request, std::int64_t now_ms) {
  if (client_.killed.load(std::memory_order_relaxed)) return connection.close();
  ReplyMode& mode = client_.reply_mode;
  if (mode == ReplyMode::kOn) {
    execute_into(connection, request, now_ms, connection.output());
  } else {
    execute_in_silence(connection, request, now_ms);
  }
  if (mode == ReplyMode::kSkipThisAndNext) mode = ReplyMode::kSkipNext;
  if (client_.tracking.has(ClientTracking::kCaching)) end_caching(request);
}

// Nothing of this changes while plain commands run, but by other threads: see must_stop().
bool Executor::is_ordinary() const {
  return !client_.killed.load(std::memory_order_relaxed) && client_.reply_mode == ReplyMode::kOn &&
         !server_.must_authenticate(client_) && !client_.transaction.is_open() &&
         client_.subscriptions.empty() && !client_.monitors.load(std::memory_order_relaxed) &&
         client_.tracking.flags.load(std::memory_order_relaxed) == 0;
}

// Whether another thread has put an end to the run: commands that it has ended, or who it has
// paused, must not go on behind its reply.
bool Executor::must_stop(std::int64_t now_ms) const {
  return client_.killed.load(std::memory_order_relaxed) || server_.pause().lasts(now_ms) ||
         server_.outbox().is_full();
}

// REQUIRES: the command is plain: then one key means one shard.
inline void Executor::lock(const Request& request, std::size_t database) {
  if (request.command->is_of_first) return locks_.lock_one(database, request.hashes[1]);
  add_locks(locks_, request, database, false);
  locks_.lock();
}

// With its shards' locks held. Kept out of the loop of those who need none.
[[gnu::noinline]] void Executor::run_plain_locked(Call& call, const Request& request,
                                                  Measurement& measurement) {
  lock(request, call.database());
  const ShardLocksGuard guard(locks_, std::adopt_lock);
  measurement.run(call);
  tell_and_serve(call);
}

std::size_t Executor::execute_plain(Connection& connection, std::span<const Request> requests,
                                    std::int64_t now_ms, CycleClock::Ticks read_at) {
  const Request* next = requests.data();
  if (!is_plain(*next) || !is_ordinary() || needs_room(server_)) return 0;
  const Request* const end = next + requests.size();
  Reactor& reactor = connection.reactor();
  OutputBuffer& output = connection.output();
  Call call(server_, reactor, &connection, client_, *next->command, next->arguments, next->hashes,
            locks_, now_ms, output);
  Measurement measurement;
  note_command(*next);
  const bool parallel = server_.keyspace().parallel();
  const bool is_limited = server_.config().eviction.max_memory.load(std::memory_order_relaxed) != 0;
  const auto& news = server_.tracking().news(reactor);
  const ReadyKeys& ready = server_.ready_keys(reactor);
  do {
    call.take(*next);
    if (parallel) {
      run_plain_locked(call, *next, measurement);
    } else {
      measurement.run(call);
      if (!news.empty() || !ready.empty()) tell_and_serve(call);
    }
    if (!ready.empty()) serve_rest(server_, reactor, locks_, now_ms);
    ++next;
  } while (next != end && is_plain(*next) && output.size() <= kMuchOutput &&
           !call.meter.is_long_after(read_at) && !(is_limited && needs_room(server_)) &&
           !(parallel && must_stop(now_ms)));
  note_command(next[-1]);
  return static_cast<std::size_t>(next - requests.data());
}

// CLIENT CACHING is about the next command, or transaction.
void Executor::end_caching(const Request& request) {
  const bool is_client = request.command != nullptr && request.container != nullptr &&
                         request.container->name == "client";
  if (is_client || client_.transaction.is_open()) return;
  client_.tracking.remove(ClientTracking::kCaching);
}

void Executor::execute_in_silence(Connection& connection, const Request& request,
                                  std::int64_t now_ms) {
  thread_local ChunkPool pool;  // keeps its chunk for the next
  OutputBuffer discarded(pool);
  if (client_.reply_mode == ReplyMode::kSkipNext) client_.reply_mode = ReplyMode::kOn;
  execute_into(connection, request, now_ms, discarded);
  if (client_.waiter.waits()) client_.waiter.wait().silent = true;
}

[[gnu::always_inline]] inline void Executor::execute_into(Connection& connection,
                                                          const Request& request,
                                                          std::int64_t now_ms,
                                                          OutputBuffer& output) {
  const Command& command = request.command != nullptr ? *request.command : kUnknown;
  Call call(server_, connection.reactor(), &connection, client_, command, request.arguments,
            request.hashes, locks_, now_ms, output);
  if (!admit(call, request)) return;
  note_command(request);
  if (client_.transaction.is_open() && (command.flags & kNotQueued) == 0) {
    queue(call, request);
  } else {
    run(call, request);
  }
}

[[gnu::always_inline]] inline bool Executor::admit(Call& call, const Request& request) {
  if (request.command == nullptr) {
    if (is_http(request.arguments[0])) {
      // Not a warning: strangers decide how often.
      WEIR_LOG(kVerbose, "closing %s: it sends HTTP (a cross-protocol attack?)",
               client_.peer.c_str());
      call.connection().close();
      return false;
    }
    return refuse(call, unknown_command(request));
  }
  if (!call.command().arity_matches(request.arguments.size())) {
    return refuse(call, wrong_arity(request));
  }
  if (server_.must_authenticate(client_) && (call.command().flags & kNoAuth) == 0) {
    return refuse(call, "NOAUTH Authentication required.");
  }
  if (client_.transaction.is_open() && (call.command().flags & kNoMulti) != 0) {
    return refuse(call, "ERR Command not allowed inside a transaction");
  }
  client_.lacks_memory = false;
  const bool is_limited = server_.config().eviction.max_memory.load(std::memory_order_relaxed) != 0;
  if (is_limited && lacks_memory(call, request)) {
    return refuse(call, "OOM command not allowed when used memory > 'maxmemory'.");
  }
  // A RESP2 client could not tell the replies from the messages.
  if (!client_.subscriptions.empty() && call.reply.protocol() == 2 &&
      (call.command().flags & kForSubscribers) == 0) {
    return refuse(call, not_for_subscribers(request));
  }
  // As of a replica, whose flags Redis gives it.
  constexpr std::uint32_t kAccess = kWrite | kReadonly | kMayReplicate;
  if (client_.monitors.load(std::memory_order_relaxed) && (call.command().flags & kAccess) != 0) {
    return refuse(call, "ERR Replica can't interact with the keyspace");
  }
  return true;
}

// Of a server whose memory is limited: makes room first where there is too little. True when that
// fails, and the command would take more; a transaction's queue takes some whatever is in it.
bool Executor::lacks_memory(Call& call, const Request& request) {
  const Eviction eviction = make_room(server_, call.reactor, call.now_ms);
  tell_news(call);
  if (eviction != Eviction::kFails) return false;
  const std::string_view name = call.command().name;
  const bool executes = name == "exec";
  const bool ends = executes || name == "discard" || name == "quit" || name == "reset";
  const std::uint32_t flags =
      executes ? client_.transaction.flags() : request_flags(server_.scripting().cache(), request);
  const bool takes_memory = (flags & kDenyOom) != 0 || (client_.transaction.is_open() && !ends);
  // What scripts call asks for itself.
  if (!takes_memory && (flags & kRunsScript) == 0) return false;
  client_.lacks_memory = is_out_of_memory(server_, call.reactor);
  return takes_memory && client_.lacks_memory;
}

// A command that is refused inside MULTI spoils the transaction; EXEC itself ends it.
bool Executor::refuse(Call& call, std::string_view message) {
  if (&call.command() != &kUnknown) count_rejected(call.server, call.reactor, call.command());
  if (call.command().name == "exec") {
    forget_transaction(server_, client_);
    if (message.starts_with("ERR ")) message.remove_prefix(4);
    call.error("EXECABORT Transaction discarded because of: " + std::string(message));
    return false;
  }
  if (client_.transaction.is_open()) client_.transaction.fail();
  call.error(message);
  return false;
}

void Executor::queue(Call& call, const Request& request) {
  Transaction& transaction = client_.transaction;
  if (!transaction.failed()) {
    transaction.queue(request, request_flags(server_.scripting().cache(), request));
  }
  if (transaction.queued_bytes() > server_.config().query_limit.load(std::memory_order_relaxed)) {
    WEIR_LOG(kWarning, "closing %s: its MULTI has queued %zu bytes (client-query-buffer-limit)",
             client_.peer.c_str(), transaction.queued_bytes());
    return call.connection().close();
  }
  client_.queued.fetch_add(1, std::memory_order_relaxed);
  client_.buffers.queued.store(transaction.queued_bytes(), std::memory_order_relaxed);
  call.reply.simple_string("QUEUED");
  server_.meter(call.reactor).start();
}

// What serves keys that are ready takes its locks itself.
[[gnu::always_inline]] inline void Executor::run(Call& call, const Request& request) {
  server_.keyspace().parallel() ? run_locked(call, request) : run_handler(call);
  if (!server_.ready_keys(call.reactor).empty()) {
    serve_rest(server_, call.reactor, locks_, call.now_ms);
  }
}

[[gnu::noinline]] void Executor::run_locked(Call& call, const Request& request) {
  add_locks(locks_, request, call.database(), false);
  const ShardLocksGuard guard(locks_);
  run_handler(call);
}

[[gnu::always_inline]] inline void run_and_remember(Call& call) {
  run_measured(call);
  if (call.client.tracking.remembers()) remember_keys(call);
}

void run_inside(Call& call) { run_and_remember(call); }

[[gnu::always_inline]] inline void Executor::run_handler(Call& call) {
  run_and_remember(call);
  tell_and_serve(call);
}

[[gnu::always_inline]] inline void Executor::tell_and_serve(Call& call) {
  tell_news(call);
  if (!server_.ready_keys(call.reactor).empty()) {
    serve_waiting(server_, call.reactor, locks_, call.now_ms);
  }
}

[[gnu::always_inline]] inline void Executor::tell_news(Call& call) {
  Tracking& tracking = server_.tracking();
  if (!tracking.has_news(call.reactor)) return;
  tracking.tell_news(call.reactor, &client_, &call.connection());
}

void forget_transaction(Server& server, Client& client) {
  client.transaction.take();
  client.queued.store(-1, std::memory_order_relaxed);
  client.buffers.queued.store(0, std::memory_order_relaxed);
  unwatch(server, client);
}

void unwatch(Server& server, Client& client) {
  if (client.transaction.watching() == 0) return;
  ShardLocks locks(server.keyspace());
  client.transaction.add_watched(locks);
  locks.lock();
  client.transaction.unwatch(server.keyspace());
}

void execute_transaction(Call& exec) {
  Client& client = exec.client;
  Transaction& transaction = client.transaction;
  Keyspace& keyspace = exec.server.keyspace();

  const std::vector<StoredRequest> queued = transaction.take();
  client.queued.store(-1, std::memory_order_relaxed);
  client.buffers.queued.store(0, std::memory_order_relaxed);
  exec.locks.unlock();
  transaction.add_watched(exec.locks);
  std::size_t database = exec.database();
  for (const StoredRequest& entry : queued) {
    add_locks(exec.locks, entry.request(), database, true);
    database = database_after(entry.request(), database, keyspace.databases());
  }
  exec.locks.lock();
  const bool changed = transaction.watched_changed(keyspace, exec.now_ms);
  transaction.unwatch(keyspace);
  if (changed) {
    exec.reply.null_array();
    return;
  }
  exec.reply.array(queued.size());
  for (const StoredRequest& entry : queued) {
    const Request& request = entry.request();
    Call call(exec.server, exec.reactor, &exec.connection(), client, *request.command,
              request.arguments, request.hashes, exec.locks, exec.now_ms,
              exec.connection().output());
    call.reply = exec.reply;
    call.refuse_waiting();
    run_inside(call);
    exec.reply = call.reply;
  }
}

}  // namespace weir::redis
