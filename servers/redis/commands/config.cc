// CONFIG: the server's parameters while it runs.
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "core/log.h"
#include "servers/redis/call.h"
#include "servers/redis/commands/groups.h"
#include "servers/redis/commands/help.h"
#include "servers/redis/eviction.h"

namespace weir::redis::commands {
namespace {

void config_get(Call& call) {
  std::vector<std::pair<std::string, std::string>> found;
  const auto is_found = [&found](const std::string& name) {
    return std::any_of(found.begin(), found.end(),
                       [&name](const auto& pair) { return equal_names(pair.first, name); });
  };
  for (std::size_t i = 2; i < call.size(); ++i) {
    for (auto& pair : call.server.config().get(call.argument(i))) {
      if (!is_found(pair.first)) found.push_back(std::move(pair));
    }
  }
  call.reply.map(found.size());
  for (const auto& [name, value] : found) {
    call.reply.bulk(name);
    call.reply.bulk(value);
  }
}

void set_failed(Call& call, std::string_view name, std::string_view why) {
  call.error("ERR CONFIG SET failed (possibly related to argument '" + std::string(name) + "') - " +
             std::string(why));
}

// The parameters' own names, each of which may be changed and stands there once. Empty, with the
// error replied, when that is not so.
std::vector<std::string> settable_names(Call& call) {
  const Config& config = call.server.config();
  std::vector<std::string> names;
  for (std::size_t i = 2; i < call.size(); i += 2) {
    const std::string_view given = call.argument(i);
    std::string name = config.name_of(given);
    if (name.empty()) {
      call.error("ERR Unknown option or number of arguments for CONFIG SET - '" +
                 std::string(given) + "'");
      return {};
    }
    if (config.is_immutable(name)) {
      set_failed(call, given, "can't set immutable config");
      return {};
    }
    if (std::find(names.begin(), names.end(), name) != names.end()) {
      set_failed(call, given, "duplicate parameter");
      return {};
    }
    names.push_back(std::move(name));
  }
  return names;
}

// All or nothing: a bad value takes the earlier ones back.
void config_set(Call& call) {
  if (call.size() % 2 != 0) return call.syntax_error();
  Config& config = call.server.config();
  const std::vector<std::string> names = settable_names(call);
  std::vector<std::string> old;
  for (const std::string& name : names) {
    old.push_back(config.value(name));
    const Status status = config.set(name, call.argument(2 * old.size() + 1));
    if (status.is_ok()) continue;
    for (std::size_t undo = old.size() - 1; undo-- > 0;) {
      WEIR_CHECK(config.set(names[undo], old[undo]).is_ok());
    }
    return set_failed(call, name, status.message());
  }
  // What is logged only when it is slow is also all that shortens the log.
  if (config.slow_log_threshold_us.load() >= 0) {
    call.server.slow_log().trim(static_cast<std::size_t>(config.slow_log_max_size.load()));
  }
  call.server.tracking().shrink();
  call.server.access_clock().advance(call.now_ms);
  make_room_later(call.server, call.reactor);
  if (!names.empty()) call.reply.ok();
}

void config_rewrite(Call& call) {
  const Status status = call.server.config().rewrite_file();
  if (status.is_ok()) {
    WEIR_LOG(kNotice, "CONFIG REWRITE has written %s", call.server.config().file().c_str());
    return call.reply.ok();
  }
  call.error(call.server.config().file().empty()
                 ? "ERR " + status.message()
                 : "ERR Rewriting config file: " + status.message());
}

void config_resetstat(Call& call) {
  call.server.reset_stats();
  call.reply.ok();
}

constexpr std::uint32_t kAny = kAdmin | kNoScript | kLoading | kStale;

constexpr KeyRange kNoKeys{};

constexpr Command kSubcommands[] = {
    {"get", -3, kAny, kNoKeys, config_get, "2.0.0", "Returns parameters by their patterns."},
    help_row("5.0.0"),
    {"resetstat", 2, kAny | kExclusive, kNoKeys, config_resetstat, "2.0.0",
     "Resets INFO's counters."},
    {"rewrite", 2, kAny, kNoKeys, config_rewrite, "2.8.0",
     "Writes the parameters to the file that the server was started with."},
    {"set", -4, kAny | kExclusive, kNoKeys, config_set, "2.0.0", "Changes parameters."},
};

constexpr Command kRows[] = {
    {"config", -2, 0, kNoKeys, nullptr, "2.0.0", "Parameters of the server.", kSubcommands},
};

}  // namespace

const CommandGroup kConfig{"server", kRows};

}  // namespace weir::redis::commands
