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
#include <random>
#include <span>
#include <string_view>
#include <utility>

#include "codec/resp_reply.h"
#include "core/connection.h"
#include "core/output_buffer.h"
#include "servers/redis/client.h"
#include "servers/redis/command.h"
#include "servers/redis/keyspace/keyspace.h"
#include "servers/redis/keyspace/shard_locks.h"
#include "servers/redis/server.h"

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
  Call(Server& server_in, Connection& connection_in, Client& client_in, const Command& command_in,
       std::span<const std::string_view> arguments, std::span<const std::uint64_t> hashes,
       ShardLocks& locks_in, std::int64_t now, OutputBuffer& output)
      : server(server_in),
        connection(connection_in),
        client(client_in),
        command(command_in),
        locks(locks_in),
        now_ms(now),
        reply(output, client_in.protocol.load(std::memory_order_relaxed)),
        arguments_(arguments),
        hashes_(hashes) {}
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  Server& server;
  Connection& connection;
  Client& client;
  const Command& command;
  ShardLocks& locks;
  const std::int64_t now_ms;  // since the epoch; one time for everything in this execution
  Reply reply;

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
  Shard& shard(std::size_t i) { return server.keyspace().shard(database(), hashes_[i]); }
  const EncodingLimits& limits() const { return server.config().limits; }

  // The entry of the key that argument i names; nullptr when absent.
  Entry* find_entry(std::size_t i) { return shard(i).find(key(i), now_ms); }
  // The same for a read, counted among the keyspace's hits and misses.
  Entry* read_entry(std::size_t i);

  // The entry at key i, nullptr when absent. False, with the error replied, when it is no string.
  bool find_string(std::size_t i, Entry*& entry);
  // The same, of the string its text.
  bool find_text(std::size_t i, std::optional<std::string_view>& text);
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

  // Sets key i to a collection, whatever it was; an empty one removes it. Returns its size.
  template <class T>
  std::size_t replace(std::size_t i, T value) {
    const std::size_t size = value.size();
    if (size == 0) {
      remove(i);
      return 0;
    }
    shard(i).erase(key(i));
    *create<T>(i) = std::move(value);
    changed(i);
    return size;
  }

  // The value at key i was changed: tells who watches it, counts. Every write ends in it.
  void changed(std::size_t i) { changed_key(shard(i), arguments_[i]); }
  void changed_key(Shard& shard, std::string_view name);
  // The same for a collection, and removes the key when nothing is left in it.
  template <class T>
  void changed(std::size_t i, const T& value) {
    const bool emptied = value.size() == 0;
    changed(i);
    if (emptied) shard(i).erase(key(i));
  }
  // Removes the key; false when it was absent. Counts as a change.
  bool remove(std::size_t i);

  // Errors, counted. `message` begins with its code: "ERR ...".
  void error(std::string_view message);
  void syntax_error() { error("ERR syntax error"); }
  void wrong_type();
  void not_an_integer() { error("ERR value is not an integer or out of range"); }

  // Argument i as an integer; false, with the error replied, when it is none.
  bool integer(std::size_t i, std::int64_t& value);
  bool integer(std::size_t i, std::int64_t& value, std::string_view message);

  // Randomness for sampling commands, not for secrets.
  static std::mt19937_64& random();

 private:
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

  std::span<const std::string_view> arguments_;
  std::span<const std::uint64_t> hashes_;
};

}  // namespace weir::redis
