#include "servers/redis/commands/acl_category.h"

#include <cstddef>
#include <string>

namespace weir::redis::commands {
namespace {

// In the order in which Redis tells them.
enum Category : std::uint32_t {
  kKeyspace = 1 << 0,
  kRead = 1 << 1,
  kWriting = 1 << 2,
  kSet = 1 << 3,
  kSortedSet = 1 << 4,
  kList = 1 << 5,
  kHash = 1 << 6,
  kString = 1 << 7,
  kBitmap = 1 << 8,
  kHyperLogLog = 1 << 9,
  kGeo = 1 << 10,
  kStream = 1 << 11,
  kPubSub = 1 << 12,
  kAdministration = 1 << 13,
  kQuick = 1 << 14,
  kSlow = 1 << 15,
  kBlocking = 1 << 16,
  kDangerous = 1 << 17,
  kConnection = 1 << 18,
  kTransaction = 1 << 19,
  kScripting = 1 << 20,
};

constexpr std::string_view kNames[] = {
    "keyspace", "read",   "write",       "set",       "sortedset",  "list",        "hash",
    "string",   "bitmap", "hyperloglog", "geo",       "stream",     "pubsub",      "admin",
    "fast",     "slow",   "blocking",    "dangerous", "connection", "transaction", "scripting",
};

struct GroupCategory {
  std::string_view group;
  std::uint32_t category;
};

constexpr GroupCategory kGroups[] = {
    {"generic", kKeyspace},
    {"set", kSet},
    {"sorted-set", kSortedSet},
    {"list", kList},
    {"hash", kHash},
    {"string", kString},
    {"bitmap", kBitmap},
    {"hyperloglog", kHyperLogLog},
    {"geo", kGeo},
    {"stream", kStream},
    {"pubsub", kPubSub},
    {"connection", kConnection},
    {"transactions", kTransaction},
    {"scripting", kScripting},
};

// What does not follow.
struct Exception {
  std::uint32_t category;
  std::string_view commands;
};

constexpr Exception kAdded[] = {
    {kConnection,
     "asking command command|count command|docs command|getkeys command|getkeysandflags "
     "command|help command|info command|list readonly readwrite wait"},
    {kKeyspace, "dbsize flushall flushdb restore-asking swapdb"},
    {kDangerous,
     "flushall flushdb info keys lastsave migrate restore restore-asking role sort sort_ro swapdb"},
    {kAdministration, "lastsave role"},
    {kList | kSet | kSortedSet, "sort sort_ro"},
    {kBlocking, "blmove blmpop blpop brpop brpoplpush bzmpop bzpopmax bzpopmin xread xreadgroup"},
};

constexpr Exception kRemoved[] = {
    {kKeyspace, "sort sort_ro wait"},
    {kPubSub, "pubsub|help"},
};

std::uint32_t group_category(std::string_view group) {
  for (const GroupCategory& row : kGroups) {
    if (row.group == group) return row.category;
  }
  return 0;
}

std::uint32_t flag_categories(const NamedCommand& named) {
  const std::uint32_t flags = named.command->flags;
  std::uint32_t categories = (flags & kFast) != 0 ? kQuick : kSlow;
  if ((flags & kWrite) != 0) categories |= kWriting;
  if ((flags & kReadonly) != 0 && named.group != "scripting") categories |= kRead;
  if ((flags & kAdmin) != 0) categories |= kAdministration | kDangerous;
  return categories;
}

}  // namespace

std::span<const std::string_view> acl_category_names() { return kNames; }

std::uint32_t find_acl_category(std::string_view name) {
  for (std::size_t i = 0; i < std::size(kNames); ++i) {
    if (equal_names(kNames[i], name)) return std::uint32_t{1} << i;
  }
  return 0;
}

std::uint32_t acl_categories(const NamedCommand& named) {
  std::uint32_t categories = flag_categories(named);
  // A container that does nothing by itself is in no group's.
  if (named.command->handler != nullptr) categories |= group_category(named.group);
  const std::string name = named.name();
  for (const Exception& exception : kAdded) {
    if (has_name(exception.commands, name)) categories |= exception.category;
  }
  for (const Exception& exception : kRemoved) {
    if (has_name(exception.commands, name)) categories &= ~exception.category;
  }
  return categories;
}

}  // namespace weir::redis::commands
