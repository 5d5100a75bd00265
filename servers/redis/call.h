// One execution of one command: its arguments, the data it works on, and where its reply goes. What
// a command's handler sees, and all it sees.
//
// Lives on the executing thread's stack. The shards of the command's keys are locked while it
// exists. Views of arguments live as long as it does; so does what find() returns, until the key is
// changed through it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "codec/resp_reply.h"
#include "core/connection.h"
#include "core/output_buffer.h"
#include "core/reactor.h"
#include "servers/redis/client.h"
#include "servers/redis/command.h"
#include "servers/redis/keyspace/key_event.h"
#include "servers/redis/keyspace/keyspace.h"
#include "servers/redis/keyspace/shard_locks.h"
#include "servers/redis/server.h"
#include "servers/redis/waiter.h"

namespace weir::redis {

class List;
class Hash;
class Set;
class SortedSet;
class Stream;

using Reply = codec::ReplyWriter<OutputBuffer>;

// The classes behind the types of values.
template <class T>
inline constexpr Type kTypeOf = Type::kString;
template <>
inline constexpr Type kTypeOf<List> = Type::kList;
template <>
inline constexpr Type kTypeOf<Hash> = Type::kHash;
template <>
inline constexpr Type kTypeOf<Set> = Type::kSet;
template <>
inline constexpr Type kTypeOf<SortedSet> = Type::kSortedSet;
template <>
inline constexpr Type kTypeOf<Stream> = Type::kStream;

class Call {
 public:
  // `hashes` runs parallel to `arguments`; those of the command's keys are filled.
  // `connection` is nullptr where the client is not on this thread: its command is tried again.
  Call(Server& server_in, Reactor& reactor_in, Connection* connection, Client& client_in,
       const Command& command_in, std::span<const std::string_view> arguments,
       std::span<const std::uint64_t> hashes, ShardLocks& locks_in, std::int64_t now,
       OutputBuffer& output)
      : server(server_in),
        reactor(reactor_in),
        client(client_in),
        meter(server_in.meter(reactor_in)),
        stats(server_in.stats(reactor_in)),
        locks(locks_in),
        now_ms(now),
        reply(output, client_in.protocol.load(std::memory_order_relaxed)),
        connection_(connection),
        command_(&command_in),
        arguments_(arguments),
        hashes_(hashes) {}
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  Server& server;
  Reactor& reactor;  // that executes
  Client& client;
  CommandMeter& meter;  // the reactor's
  Stats& stats;         // so are these
  ShardLocks& locks;
  const std::int64_t now_ms;  // since the epoch; one time for everything in this execution
  Reply reply;

  // Begins anew with another request of the client, which waits for nothing.
  // REQUIRES: its command is known.
  void take(const Request& request) {
    command_ = request.command;
    arguments_ = request.arguments;
    hashes_ = request.hashes;
  }

  const Command& command() const { return *command_; }

  // REQUIRES: the client is on this thread.
  Connection& connection() const {
    WEIR_DCHECK(connection_ != nullptr);
    return *connection_;
  }

  // Argument 0 is the command's name; a subcommand's is argument 1.
  std::size_t size() const { return arguments_.size(); }
  std::string_view argument(std::size_t i) const { return arguments_[i]; }
  std::span<const std::string_view> arguments() const { return arguments_; }
  // Whether argument i is this option, whatever its case.
  bool is_option(std::size_t i, std::string_view name) const {
    return equal_names(arguments_[i], name);
  }
  // REQUIRES: argument i is one of the command's keys.
  Key key(std::size_t i) const { return {arguments_[i], hashes_[i]}; }
  std::size_t database() const { return client.database.load(std::memory_order_relaxed); }
  [[gnu::always_inline]] Shard& shard(std::size_t i) { return shard(i, database()); }
  // The shard of key i in another database. REQUIRES: the command is for every database.
  [[gnu::always_inline]] Shard& shard(std::size_t i, std::size_t in) {
    return server.keyspace().shard(in, hashes_[i]);
  }
  const EncodingLimits& limits() const { return server.config().limits; }

  // The entry of the key that argument i names; nullptr when absent. A use of the key, see
  // AccessClock; find_quietly() is none.
  Entry* find_entry(std::size_t i) { return use(shard(i), find_quietly(i)); }
  Entry* find_quietly(std::size_t i) { return shard(i).find(key(i), now_ms); }
  // The same for a read, counted among the keyspace's hits and misses.
  Entry* read_entry(std::size_t i);
  Entry* read_quietly(std::size_t i);
  // REQUIRES: the key's shard is locked.
  Entry* read_entry(const Key& key);
  // Its key was used, if it is not nullptr; returns it. Some clients' uses do not count.
  [[gnu::always_inline]] Entry* use(const Shard& shard, Entry* entry) {
    if (entry != nullptr && !client.no_touch.load(std::memory_order_relaxed)) shard.use(*entry);
    return entry;
  }
  // The same for who looks at the entry, not at the value: not counted, not told, and no use.
  Entry* peek_entry(std::size_t i) { return shard(i).read(key(i), now_ms); }

  // The entry at key i, nullptr when absent. False, with the error replied, when it is no string.
  bool find_string(std::size_t i, Entry*& entry);
  // The same, of the string its text.
  bool find_text(std::size_t i, std::optional<std::string_view>& text) {
    return take_text(find_entry(i), text);
  }
  bool read_text(std::size_t i, std::optional<std::string_view>& text) {
    return take_text(read_entry(i), text);
  }
  // The T at key i, nullptr when absent. False, with the error replied, when it is something else.
  template <class T>
  bool find(std::size_t i, T*& value) {
    value = nullptr;
    return take_object(find_entry(i), kTypeOf<T>, value);
  }
  template <class T>
  bool read(std::size_t i, T*& value) {
    value = nullptr;
    return take_object(read_entry(i), kTypeOf<T>, value);
  }
  // The T at key i, made if the key is absent. nullptr, with the error replied, when it is
  // something else. A collection must not stay empty: see changed().
  template <class T>
  T* find_or_create(std::size_t i) {
    T* value = nullptr;
    if (!find(i, value)) return nullptr;
    return value != nullptr ? value : create<T>(i);
  }
  // REQUIRES: the key is absent.
  template <class T>
  T* create(std::size_t i) {
    auto* value = new T;
    shard(i).insert(Entry::make_object(key(i).name, kTypeOf<T>, value, Entry::kNever), hashes_[i]);
    return value;
  }

  // Sets key i to a collection, whatever it was, by `event`; an empty one removes it. Returns its
  // size.
  template <class T>
  std::size_t replace(std::size_t i, const KeyEvent& event, T value) {
    const std::size_t size = value.size();
    if (size == 0) {
      remove_stored(i);
      return 0;
    }
    auto* object = new T(std::move(value));
    shard(i).set(Entry::make_object(key(i).name, kTypeOf<T>, object, Entry::kNever), hashes_[i],
                 now_ms);
    changed(i, event);
    return size;
  }

  // The value at key i was changed, by `event`: tells who watches the key or listens to such
  // events, counts. Every write ends in it.
  void changed(std::size_t i, const KeyEvent& event) {
    changed_key(shard(i), arguments_[i], event);
  }
  [[gnu::always_inline]] void changed_key(Shard& shard, std::string_view name,
                                          const KeyEvent& event) {
    shard.touch(name);
    shard.announce(event, name);
    stats.changes.add();
  }
  // The same for a collection, and removes the key when nothing is left in it.
  template <class T>
  void changed(std::size_t i, const KeyEvent& event, const T& value) {
    const bool emptied = value.size() == 0;
    changed(i, event);
    if (!emptied) return;
    shard(i).erase(key(i));
    announce(i, kDeleted);
  }
  // What is no change to who watches the key.
  void changed_unwatched(std::size_t i, const KeyEvent& event);
  // One more event of a change that is told already.
  void announce(std::size_t i, const KeyEvent& event) { shard(i).announce(event, arguments_[i]); }
  // Removes the key; false when it was absent. Counts as a change.
  bool remove(std::size_t i, Removal removal = Removal::kServerDel);
  // The same of what is stored at the key, even if it has expired.
  bool remove_stored(std::size_t i, Removal removal = Removal::kServerDel);

  // For commands that wait, BLPOP and its kin. One handler makes the first attempt, and is called
  // again for each write of a key that its client waits for, on the writer's behalf: then it looks
  // at that key alone, and without a reply the client goes on waiting.
  //
  // The T at key i, nullptr when absent. False, with the error replied, when it is something else;
  // when that is found later, it only means that nothing is there yet.
  template <class T>
  bool find_awaited(std::size_t i, T*& value) {
    if (!retries()) return find(i, value);
    value = nullptr;
    Entry* entry = looks_at(i) ? find_entry(i) : nullptr;
    if (entry != nullptr && entry->type() == kTypeOf<T>) value = entry->object<T>();
    return true;
  }
  // What a command waits for that found nothing.
  struct Awaited {
    // The positions of the keys, [first, end).
    std::size_t first;
    std::size_t end;
    std::int64_t timeout_ms;  // 0: forever
    // The position of a key that a retry also writes, 0 when there is none.
    std::size_t target = 0;
    // A retry is to be made too when a key is removed.
    bool told_of_removal = false;
    // The arguments of retries, where they are others than these.
    std::span<const std::string_view> arguments = {};
  };
  // The client waits, and when its time is over gets Client::nothing(). False in a transaction,
  // which can't wait: the caller replies.
  bool wait_for_keys(const Awaited& awaited);
  // Whether this attempt is about the key at argument i.
  bool looks_at(std::size_t i) const { return !retries() || argument(i) == retry_key_; }
  void retry(std::string_view key) {
    waiting_ = Waiting::kRetries;
    retry_key_ = key;
  }
  bool retries() const { return waiting_ == Waiting::kRetries; }
  void refuse_waiting() { waiting_ = Waiting::kRefused; }
  bool refuses_waiting() const { return waiting_ == Waiting::kRefused; }

  // Errors, counted. `message` begins with its code: "ERR ...".
  void error(std::string_view message);
  void syntax_error() { error("ERR syntax error"); }
  void wrong_type();
  void not_an_integer() { error("ERR value is not an integer or out of range"); }

  // Argument i as an integer; false, with the error replied, when it is none.
  bool integer(std::size_t i, std::int64_t& value);
  bool integer(std::size_t i, std::int64_t& value, std::string_view message);

 private:
  Entry* read_quietly(Shard& shard, const Key& key);
  bool take_string(Entry* entry);
  bool take_text(Entry* entry, std::optional<std::string_view>& text);
  template <class T>
  bool take_object(Entry* entry, Type type, T*& value) {
    if (entry == nullptr) return true;
    if (entry->type() != type) {
      wrong_type();
      return false;
    }
    value = entry->object<T>();
    return true;
  }

  enum class Waiting : std::uint8_t { kAllowed, kRefused, kRetries };

  Connection* const connection_;
  const Command* command_;
  std::span<const std::string_view> arguments_;
  std::span<const std::uint64_t> hashes_;
  Waiting waiting_ = Waiting::kAllowed;
  std::string_view retry_key_;
};

}  // namespace weir::redis
