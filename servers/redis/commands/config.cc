// CONFIG: the server's parameters while it runs.
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "servers/redis/call.h"
#include "servers/redis/commands/groups.h"

namespace weir::redis::commands {
namespace {

void config_get(Call& call) {
  std::vector<std::pair<std::string, std::string>> matches;
  std::set<std::string> seen;
  for (std::size_t i = 2; i < call.size(); ++i) {
    for (auto& [name, value] : call.server.config().get(call.argument(i))) {
      if (seen.insert(name).second) matches.emplace_back(name, value);
    }
  }
  call.reply.map(matches.size());
  for (const auto& [name, value] : matches) {
    call.reply.bulk(name);
    call.reply.bulk(value);
  }
}

std::string set_failed(std::string_view name, std::string_view why) {
  return "ERR CONFIG SET failed (possibly related to argument '" + std::string(name) + "') - " +
         std::string(why);
}

// All or nothing: a bad value takes the earlier ones back.
void config_set(Call& call) {
  Config& config = call.server.config();
  if (call.size() % 2 != 0) return call.syntax_error();
  for (std::size_t i = 2; i < call.size(); i += 2) {
    const std::string_view name = call.argument(i);
    if (!config.exists(name)) {
      return call.error("ERR Unknown option or number of arguments for CONFIG SET - '" +
                        std::string(name) + "'");
    }
    if (config.is_immutable(name)) {
      return call.error(set_failed(name, "can't set immutable config"));
    }
  }
  std::vector<std::pair<std::string, std::string>> old;
  for (std::size_t i = 2; i < call.size(); i += 2) {
    const std::string_view name = call.argument(i);
    old.push_back({std::string(name), config.value(name)});
    const Status status = config.set(name, call.argument(i + 1));
    if (status.is_ok()) continue;
    old.pop_back();
    for (auto undo = old.rbegin(); undo != old.rend(); ++undo) {
      WEIR_CHECK(config.set(undo->first, undo->second).is_ok());
    }
    return call.error(set_failed(name, status.message()));
  }
  call.reply.simple_string("OK");
}

void config_resetstat(Call& call) {
  call.server.reset_stats();
  call.reply.simple_string("OK");
}

constexpr std::uint32_t kAny = kAdmin | kNoScript | kLoading | kStale;

constexpr Command kSubcommands[] = {
    {"get", -3, kAny, {}, config_get, "2.0.0", "Returns parameters by their patterns."},
    {"resetstat", 2, kAny | kExclusive, {}, config_resetstat, "2.0.0", "Resets INFO's counters."},
    {"set", -4, kAny | kExclusive, {}, config_set, "2.0.0", "Changes parameters."},
};

constexpr Command kRows[] = {
    {"config", -2, 0, {}, nullptr, "2.0.0", "Parameters of the server.", kSubcommands},
};

}  // namespace

const CommandGroup kConfig{"server", kRows};

}  // namespace weir::redis::commands
