#include "servers/redis/commands/command_description.h"

#include <bit>
#include <string>
#include <vector>

#include "servers/redis/commands/acl_category.h"
#include "servers/redis/commands/command_tips.h"
#include "servers/redis/commands/key_access.h"

namespace weir::redis::commands {
namespace {

struct FlagName {
  std::uint32_t flag;
  std::string_view name;
};

constexpr FlagName kFlagNames[] = {
    {kWrite, "write"},
    {kReadonly, "readonly"},
    {kDenyOom, "denyoom"},
    {kAdmin, "admin"},
    {kPubSub, "pubsub"},
    {kNoScript, "noscript"},
    {kBlocking, "blocking"},
    {kLoading, "loading"},
    {kStale, "stale"},
    {kSkipMonitor, "skip_monitor"},
    {kSkipSlowlog, "skip_slowlog"},
    {kFast, "fast"},
    {kNoAuth, "no_auth"},
    {kNoAsyncLoading, "no_async_loading"},
    {kNoMulti, "no_multi"},
    {kNoMandatoryKeys, "no_mandatory_keys"},
};

void reply_flags(Call& call, const Command& command) {
  const bool moves = command.keys.count_at != 0 || bool{command.keys.locate};
  const bool while_busy = (command.flags & kAllowBusy) != 0;
  std::size_t count = (moves ? 1U : 0U) + (while_busy ? 1U : 0U);
  for (const FlagName& flag : kFlagNames) count += (command.flags & flag.flag) != 0;
  call.reply.set(count);
  for (const FlagName& flag : kFlagNames) {
    if ((command.flags & flag.flag) != 0) call.reply.simple_string(flag.name);
  }
  if (moves) call.reply.simple_string("movablekeys");
  if (while_busy) call.reply.simple_string("allow_busy");
}

void reply_field(Call& call, std::string_view name, std::int64_t value) {
  call.reply.bulk(name);
  call.reply.integer(value);
}

// One key specification up to its way of finding keys: they are looked for from argument `index`.
void begin_specification(Call& call, std::uint32_t access, int index, std::string_view find) {
  call.reply.map(3);
  call.reply.bulk("flags");
  reply_names(call, key_access_names(), access);
  call.reply.bulk("begin_search");
  call.reply.map(2);
  call.reply.bulk("type");
  call.reply.bulk("index");
  call.reply.bulk("spec");
  call.reply.map(1);
  reply_field(call, "index", index);
  call.reply.bulk("find_keys");
  call.reply.map(2);
  call.reply.bulk("type");
  call.reply.bulk(find);
  call.reply.bulk("spec");
  call.reply.map(3);
}

// Keys from `first` to `last`, which counts from the end where it is negative.
void reply_range(Call& call, std::uint32_t access, int first, int last, int step) {
  begin_specification(call, access, first, "range");
  reply_field(call, "lastkey", last < 0 ? last : last - first);
  reply_field(call, "keystep", step);
  reply_field(call, "limit", 0);
}

void reply_counted(Call& call, std::uint32_t access, const KeyRange& keys) {
  begin_specification(call, access, keys.count_at, "keynum");
  reply_field(call, "keynumidx", 0);
  reply_field(call, "firstkey", keys.first - keys.count_at);
  reply_field(call, "keystep", 1);
}

// Where words among the arguments say where more keys are, only the keys before them are told.
void reply_specifications(Call& call, const NamedCommand& named) {
  const KeyRange& keys = named.command->keys;
  const KeyAccess access = key_access(*named.command, named.name());
  if (keys.count_at != 0) {
    call.reply.set(keys.target != 0 ? 2 : 1);
    if (keys.target != 0) reply_range(call, access.first, keys.target, keys.target, 1);
    reply_counted(call, access.of(keys.target != 0 ? 1 : 0), keys);
  } else if (keys.first == 0) {
    call.reply.set(0);
  } else if (access.others == 0 || keys.locate) {
    call.reply.set(1);
    reply_range(call, access.first, keys.first, keys.last, keys.step);
  } else {
    call.reply.set(2);
    reply_range(call, access.first, keys.first, keys.first, 1);
    reply_range(call, access.others, keys.first + 1, keys.last, keys.step);
  }
}

}  // namespace

void reply_names(Call& call, std::span<const std::string_view> names, std::uint32_t set,
                 std::string_view prefix) {
  call.reply.set(static_cast<std::size_t>(std::popcount(set)));
  for (std::size_t i = 0; i < names.size(); ++i) {
    if ((set >> i & 1U) != 0) call.reply.simple_string(std::string(prefix).append(names[i]));
  }
}

void reply_description(Call& call, const NamedCommand& named) {
  const Command& command = *named.command;
  call.reply.array(10);
  call.reply.bulk(named.name());
  call.reply.integer(command.arity);
  reply_flags(call, command);
  // What can be told without the arguments.
  const KeyRange& keys = command.keys;
  const int target = keys.target;
  const KeyRange told = keys.count_at == 0 ? keys : KeyRange{target, target, target != 0 ? 1 : 0};
  call.reply.integer(told.first);
  call.reply.integer(told.last);
  call.reply.integer(told.step);
  reply_names(call, acl_category_names(), acl_categories(named), "@");
  const std::vector<std::string_view> tips = command_tips(named.name());
  call.reply.set(tips.size());
  for (const std::string_view tip : tips) call.reply.bulk(tip);
  reply_specifications(call, named);
  call.reply.set(command.subcommands.size());
  for (const Command& subcommand : command.subcommands) {
    reply_description(call, {&subcommand, &command, named.group});
  }
}

void reply_documentation(Call& call, const NamedCommand& named) {
  const Command& command = *named.command;
  call.reply.bulk(named.name());
  call.reply.map(command.subcommands.empty() ? 3 : 4);
  call.reply.bulk("summary");
  call.reply.bulk(command.summary);
  call.reply.bulk("since");
  call.reply.bulk(command.since);
  call.reply.bulk("group");
  call.reply.bulk(named.group);
  if (command.subcommands.empty()) return;
  call.reply.bulk("subcommands");
  call.reply.map(command.subcommands.size());
  for (const Command& subcommand : command.subcommands) {
    reply_documentation(call, {&subcommand, &command, named.group});
  }
}

}  // namespace weir::redis::commands
