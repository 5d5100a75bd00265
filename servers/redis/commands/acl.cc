// ACL: who may do what. There is one user, "default", who may do everything; other users and rules
// are refused.
#include <openssl/rand.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "servers/redis/call.h"
#include "servers/redis/commands/acl_category.h"
#include "servers/redis/commands/groups.h"
#include "servers/redis/commands/help.h"
#include "servers/redis/commands/named_command.h"
#include "servers/redis/commands/subcommand.h"
#include "servers/redis/default_user.h"

namespace weir::redis::commands {
namespace {

constexpr std::string_view kUser = DefaultUser::kName;

DefaultUser& user(Call& call) { return call.server.config().default_user; }

void whoami(Call& call) { call.reply.bulk(kUser); }

void users(Call& call) {
  call.reply.array(1);
  call.reply.bulk(kUser);
}

void list(Call& call) {
  call.reply.array(1);
  call.reply.bulk(user(call).text());
}

void reply_flags(Call& call) {
  const bool no_password = user(call).has_no_password();
  call.reply.set(no_password ? 2 : 1);
  call.reply.bulk(user(call).is_enabled() ? "on" : "off");
  if (no_password) call.reply.bulk("nopass");
}

void getuser(Call& call) {
  if (call.argument(2) != kUser) return call.reply.null();
  call.reply.map(6);
  call.reply.bulk("flags");
  reply_flags(call);
  call.reply.bulk("passwords");
  const std::vector<std::string> hashes = user(call).password_hashes();
  call.reply.array(hashes.size());
  for (const std::string& hash : hashes) call.reply.bulk(hash);
  call.reply.bulk("commands");
  call.reply.bulk("+@all");
  call.reply.bulk("keys");
  call.reply.bulk("~*");
  call.reply.bulk("channels");
  call.reply.bulk("&*");
  call.reply.bulk("selectors");
  call.reply.array(0);
}

void setuser(Call& call) {
  if (call.argument(2) != kUser) {
    return call.error("ERR This server has no other user than 'default'");
  }
  const Status status = user(call).apply(call.arguments().subspan(3));
  if (!status.is_ok()) return call.error("ERR " + status.message());
  call.reply.ok();
}

void deluser(Call& call) {
  for (std::size_t i = 2; i < call.size(); ++i) {
    if (call.argument(i) == kUser) {
      return call.error("ERR The 'default' user cannot be removed");
    }
  }
  call.reply.integer(0);
}

void cat(Call& call) {
  if (call.size() > 3) return wrong_subcommand(call);
  std::vector<std::string> names;
  if (call.size() == 2) {
    for (const std::string_view name : acl_category_names()) names.emplace_back(name);
  } else {
    const std::uint32_t category = find_acl_category(call.argument(2));
    if (category == 0) {
      return call.error("ERR Unknown category '" + std::string(call.argument(2)) + "'");
    }
    for_each_command(call.server.commands(), [&](const NamedCommand& named) {
      if ((acl_categories(named) & category) != 0) names.push_back(named.name());
    });
  }
  call.reply.array(names.size());
  for (const std::string& name : names) call.reply.bulk(name);
}

void genpass(Call& call) {
  constexpr std::int64_t kMaxBits = 4096;
  if (call.size() > 3) return wrong_subcommand(call);
  std::int64_t bits = 256;
  if (call.size() == 3 && !call.integer(2, bits)) return;
  if (bits <= 0 || bits > kMaxBits) {
    return call.error(
        "ERR ACL GENPASS argument must be the number of bits for the output password, a positive "
        "number up to 4096");
  }
  std::string digits(static_cast<std::size_t>(bits + 3) / 4, '\0');
  auto* const bytes = reinterpret_cast<unsigned char*>(digits.data());
  if (RAND_bytes(bytes, static_cast<int>(digits.size())) != 1) {
    return call.error("ERR The system has no randomness");
  }
  for (char& digit : digits) digit = "0123456789abcdef"[static_cast<unsigned char>(digit) & 15];
  call.reply.bulk(digits);
}

void reply_entry(Call& call, const AclLog::Entry& entry) {
  char age[32];
  const double seconds = static_cast<double>(call.now_ms - entry.time_ms) / 1000;
  const auto end = std::to_chars(age, age + sizeof age, seconds).ptr;
  call.reply.map(7);
  call.reply.bulk("count");
  call.reply.integer(static_cast<std::int64_t>(entry.count));
  call.reply.bulk("reason");
  call.reply.bulk("auth");
  call.reply.bulk("context");
  call.reply.bulk(entry.context);
  call.reply.bulk("object");
  call.reply.bulk(entry.object);
  call.reply.bulk("username");
  call.reply.bulk(entry.user);
  call.reply.bulk("age-seconds");
  call.reply.double_(std::string_view(age, end));
  call.reply.bulk("client-info");
  call.reply.bulk(entry.client);
}

void log(Call& call) {
  if (call.size() > 3) return wrong_subcommand(call);
  if (call.size() == 3 && call.is_option(2, "reset")) {
    call.server.acl_log().clear();
    return call.reply.ok();
  }
  std::int64_t count = 10;
  if (call.size() == 3 && !call.integer(2, count)) return;
  const auto entries =
      call.server.acl_log().latest(static_cast<std::size_t>(std::max<std::int64_t>(count, 0)));
  call.reply.array(entries.size());
  for (const AclLog::Entry& entry : entries) reply_entry(call, entry);
}

void dryrun(Call& call) {
  if (call.argument(2) != kUser) {
    return call.error("ERR User '" + std::string(call.argument(2)) + "' not found");
  }
  const auto words = call.arguments().subspan(3);
  const NamedCommand named = find_command(call.server.commands(), words);
  if (named.command == nullptr) {
    return call.error("ERR Command '" + std::string(words[0]) + "' not found");
  }
  if (!named.command->arity_matches(words.size())) {
    return call.error("ERR wrong number of arguments for '" + named.name() + "' command");
  }
  call.reply.ok();
}

void no_file(Call& call) {
  call.error(
      "ERR This Redis instance is not configured to use an ACL file. You may want to specify users "
      "via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis "
      "configuration file set) in order to store users in the Redis configuration.");
}

constexpr std::uint32_t kAny = kNoScript | kLoading | kStale;

constexpr KeyRange kNoKeys{};

constexpr Command kSubcommands[] = {
    {"cat", -2, kAny, kNoKeys, cat, "6.0.0", "Lists categories, or the commands of one."},
    {"deluser", -3, kAny | kAdmin, kNoKeys, deluser, "6.0.0", "Removes users."},
    {"dryrun", -4, kAny | kAdmin, kNoKeys, dryrun, "7.0.0",
     "Tells whether a user may execute a command."},
    {"genpass", -2, kAny, kNoKeys, genpass, "6.0.0", "Makes a password."},
    {"getuser", 3, kAny | kAdmin, kNoKeys, getuser, "6.0.0", "Describes a user."},
    help_row("6.0.0"),
    {"list", 2, kAny | kAdmin, kNoKeys, list, "6.0.0", "Lists the users with their rules."},
    {"load", 2, kAny | kAdmin, kNoKeys, no_file, "6.0.0", "Reads the users from a file."},
    {"log", -2, kAny | kAdmin, kNoKeys, log, "6.0.0", "Lists who was refused."},
    {"save", 2, kAny | kAdmin, kNoKeys, no_file, "6.0.0", "Writes the users to a file."},
    {"setuser", -3, kAny | kAdmin, kNoKeys, setuser, "6.0.0", "Changes a user."},
    {"users", 2, kAny | kAdmin, kNoKeys, users, "6.0.0", "Names the users."},
    {"whoami", 2, kAny, kNoKeys, whoami, "6.0.0", "Returns the user of the connection."},
};

constexpr Command kRows[] = {
    {"acl", -2, 0, kNoKeys, nullptr, "6.0.0", "Users and their rights.", kSubcommands},
};

}  // namespace

const CommandGroup kAcl{"server", kRows};

}  // namespace weir::redis::commands
