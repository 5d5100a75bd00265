// XGROUP: making, changing and removing consumer groups and their consumers. None of it counts as a
// change of the key to who watches it, but for the stream that MKSTREAM makes.
#include "servers/redis/types/stream_group.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "servers/redis/call.h"
#include "servers/redis/commands/groups.h"
#include "servers/redis/commands/stream_entry_reply.h"
#include "servers/redis/commands/stream_group_lookup.h"
#include "servers/redis/commands/subcommand.h"
#include "servers/redis/types/stream.h"

namespace weir::redis::commands {
namespace {

// What may stand behind the id of CREATE and SETID.
struct GroupOptions {
  bool make_stream = false;
  std::optional<std::int64_t> entries_read;

  // False, with the error replied. `creates`: MKSTREAM is among them.
  bool parse(Call& call, bool creates);

 private:
  bool read_entries_read(Call& call, std::size_t i);
};

// -1 stands for an unknown number.
bool GroupOptions::read_entries_read(Call& call, std::size_t i) {
  std::int64_t count = 0;
  if (!call.integer(i, count)) return false;
  if (count < -1) return call.error("ERR value for ENTRIESREAD must be positive or -1"), false;
  entries_read = count == -1 ? std::nullopt : std::optional(count);
  return true;
}

bool GroupOptions::parse(Call& call, bool creates) {
  for (std::size_t i = 5; i < call.size(); ++i) {
    if (creates && call.is_option(i, "mkstream")) {
      make_stream = true;
    } else if (call.is_option(i, "entriesread") && i + 1 < call.size()) {
      if (!read_entries_read(call, ++i)) return false;
    } else {
      return wrong_subcommand(call), false;
    }
  }
  return true;
}

// False, with the error replied, when the key is no stream or, unless a missing one is `made`,
// missing.
bool find_stream(Call& call, bool made, Stream*& stream) {
  if (!call.find(2, stream)) return false;
  if (stream != nullptr || made) return true;
  call.error(
      "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to "
      "use the MKSTREAM option to create an empty stream automatically.");
  return false;
}

// nullptr, with the error replied, when the key or the group is missing.
StreamGroup* find_group(Call& call) {
  Stream* stream = nullptr;
  return find_stream(call, false, stream) ? find_group_of(call, *stream) : nullptr;
}

void xgroup_create(Call& call) {
  constexpr std::size_t kMostArguments = 8;
  GroupOptions options;
  Stream* stream = nullptr;
  if (!options.parse(call, true) || !find_stream(call, options.make_stream, stream)) return;
  if (call.size() > kMostArguments) return wrong_subcommand(call);
  StreamId id;
  if (call.argument(4) != "$") {
    if (!read_stream_id(call, call.argument(4), 0, id)) return;
  } else if (stream != nullptr) {
    id = stream->last_id();
  }
  if (stream == nullptr) {
    stream = call.create<Stream>(2);
    call.changed(2, kUntold);
  }
  if (!stream->add_group(call.argument(3), StreamGroup(id, options.entries_read))) {
    return call.error("BUSYGROUP Consumer Group name already exists");
  }
  call.changed_unwatched(2, {kStreamEvent, "xgroup-create"});
  call.reply.ok();
}

void xgroup_setid(Call& call) {
  GroupOptions options;
  Stream* stream = nullptr;
  if (!options.parse(call, false) || !find_stream(call, false, stream)) return;
  StreamGroup* group = find_group_of(call, *stream);
  if (group == nullptr) return;
  if (call.size() != 5 && call.size() != 7) return wrong_subcommand(call);
  StreamId id = stream->last_id();
  if (call.argument(4) != "$" && !read_stream_id_or_end(call, call.argument(4), 0, id)) return;
  group->set_last_id(id);
  group->set_entries_read(options.entries_read);
  call.changed_unwatched(2, {kStreamEvent, "xgroup-setid"});
  call.reply.ok();
}

void xgroup_destroy(Call& call) {
  Stream* stream = nullptr;
  if (!find_stream(call, false, stream)) return;
  const bool removed = stream->remove_group(call.argument(3));
  if (removed) {
    call.changed_unwatched(2, {kStreamEvent, "xgroup-destroy"});
    call.shard(2).touch_waiters(call.argument(2));
  }
  call.reply.integer(removed ? 1 : 0);
}

void xgroup_createconsumer(Call& call) {
  StreamGroup* group = find_group(call);
  if (group == nullptr) return;
  const bool is_new = group->find_consumer(call.argument(4)) == nullptr;
  if (is_new) {
    see_consumer(call, 2, *group, call.argument(4));
    call.changed_unwatched(2, kUntold);
  }
  call.reply.integer(is_new ? 1 : 0);
}

void xgroup_delconsumer(Call& call) {
  StreamGroup* group = find_group(call);
  if (group == nullptr) return;
  if (group->find_consumer(call.argument(4)) != nullptr) {
    call.changed_unwatched(2, {kStreamEvent, "xgroup-delconsumer"});
  }
  call.reply.integer(static_cast<std::int64_t>(group->remove_consumer(call.argument(4))));
}

void xgroup_help(Call& call) {
  static constexpr std::string_view kLines[] = {
      "CREATE <key> <groupname> <id|$> [option]",
      "    Create a new consumer group. Options are:",
      "    * MKSTREAM",
      "      Create the empty stream if it does not exist.",
      "    * ENTRIESREAD entries_read",
      "      Set the group's entries_read counter (internal use).",
      "CREATECONSUMER <key> <groupname> <consumer>",
      "    Create a new consumer in the specified group.",
      "DELCONSUMER <key> <groupname> <consumer>",
      "    Remove the specified consumer.",
      "DESTROY <key> <groupname>",
      "    Remove the specified group.",
      "SETID <key> <groupname> <id|$> [ENTRIESREAD entries_read]",
      "    Set the current group ID and entries_read counter.",
  };
  reply_help(call, kLines);
}

constexpr Command kSubcommands[] = {
    {"create", -5, kWrite | kDenyOom, {2, 2, 1}, xgroup_create, "5.0.0", "Makes a consumer group."},
    {"setid",
     -5,
     kWrite,
     {2, 2, 1},
     xgroup_setid,
     "5.0.0",
     "Sets the last id that was delivered to a consumer group."},
    {"destroy", 4, kWrite, {2, 2, 1}, xgroup_destroy, "5.0.0", "Removes a consumer group."},
    {"createconsumer",
     5,
     kWrite | kDenyOom,
     {2, 2, 1},
     xgroup_createconsumer,
     "6.2.0",
     "Makes a consumer of a group."},
    {"delconsumer",
     5,
     kWrite,
     {2, 2, 1},
     xgroup_delconsumer,
     "5.0.0",
     "Removes a consumer and what is pending for it."},
    {"help", 2, kLoading | kStale, {}, xgroup_help, "5.0.0", "Lists the subcommands."},
};

constexpr Command kRows[] = {
    {"xgroup", -2, 0, {}, nullptr, "5.0.0", "Manages consumer groups.", kSubcommands},
};

}  // namespace

const CommandGroup kStreamGroup{"stream", kRows};

}  // namespace weir::redis::commands
