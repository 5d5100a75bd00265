#include "servers/redis/commands/client_tracking.h"

#include <string>
#include <string_view>
#include <vector>

namespace weir::redis::commands {
namespace {

struct TrackingOptions {
  std::uint32_t flags = 0;
  std::int64_t redirection = 0;
  std::vector<std::string_view> prefixes;

  bool has(std::uint32_t flag) const { return (flags & flag) != 0; }
};

// 0 when the word is none.
std::uint32_t flag_of(const Call& call, std::size_t i) {
  if (call.is_option(i, "bcast")) return ClientTracking::kBroadcast;
  if (call.is_option(i, "optin")) return ClientTracking::kOptIn;
  if (call.is_option(i, "optout")) return ClientTracking::kOptOut;
  if (call.is_option(i, "noloop")) return ClientTracking::kNoLoop;
  return 0;
}

// Below too: false, with the error replied.
bool read_redirection(Call& call, std::size_t i, std::int64_t& id) {
  if (id != 0) {
    call.error("ERR A client can only redirect to a single other client");
    return false;
  }
  if (!call.integer(i, id)) return false;
  bool exists = false;
  call.server.clients().with_client(static_cast<std::uint64_t>(id), [&exists](const Client& named) {
    exists = !named.killed && !named.close_after_reply;
  });
  if (!exists) call.error("ERR The client ID you want redirect to does not exist");
  return exists;
}

bool read_options(Call& call, TrackingOptions& options) {
  for (std::size_t i = 3; i < call.size(); ++i) {
    const bool more = i + 1 < call.size();
    if (more && call.is_option(i, "redirect")) {
      if (!read_redirection(call, ++i, options.redirection)) return false;
    } else if (more && call.is_option(i, "prefix")) {
      options.prefixes.push_back(call.argument(++i));
    } else if (const std::uint32_t flag = flag_of(call, i); flag != 0) {
      options.flags |= flag;
    } else {
      call.syntax_error();
      return false;
    }
  }
  return true;
}

// What is wrong with the modes, empty when nothing is.
std::string_view find_conflict(const ClientTracking& tracking, const TrackingOptions& options) {
  using Tracking = ClientTracking;
  const bool broadcast = options.has(Tracking::kBroadcast);
  if (!broadcast && !options.prefixes.empty()) {
    return "ERR PREFIX option requires BCAST mode to be enabled";
  }
  if (tracking.has(Tracking::kOn) && tracking.has(Tracking::kBroadcast) != broadcast) {
    return "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and "
           "then re-enabling it with a different mode.";
  }
  if (broadcast && options.has(Tracking::kOptIn | Tracking::kOptOut)) {
    return "ERR OPTIN and OPTOUT are not compatible with BCAST";
  }
  if (options.has(Tracking::kOptIn) && options.has(Tracking::kOptOut)) {
    return "ERR You can't specify both OPTIN mode and OPTOUT mode";
  }
  if ((options.has(Tracking::kOptIn) && tracking.has(Tracking::kOptOut)) ||
      (options.has(Tracking::kOptOut) && tracking.has(Tracking::kOptIn))) {
    return "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and "
           "then re-enabling it with a different mode.";
  }
  return {};
}

// Two prefixes that some key has both.
bool overlap(std::string_view a, std::string_view b) {
  return a.starts_with(b) || b.starts_with(a);
}

std::string overlap_error(std::string_view prefix, std::string_view which, std::string_view other) {
  // As Redis prints them, up to a zero byte.
  const auto printed = [](std::string_view text) {
    return "'" + std::string(text.substr(0, text.find('\0'))) + "'";
  };
  return "ERR Prefix " + printed(prefix) + " overlaps with " + std::string(which) + " prefix " +
         printed(other) + ". Prefixes for a single client must not overlap.";
}

bool check_prefixes(Call& call, const std::vector<std::string_view>& prefixes) {
  for (std::size_t i = 0; i < prefixes.size(); ++i) {
    for (const std::string& existing : call.client.tracking.prefixes) {
      if (!overlap(prefixes[i], existing)) continue;
      call.error(overlap_error(prefixes[i], "an existing", existing));
      return false;
    }
    for (std::size_t j = i + 1; j < prefixes.size(); ++j) {
      if (!overlap(prefixes[i], prefixes[j])) continue;
      call.error(overlap_error(prefixes[i], "another provided", prefixes[j]));
      return false;
    }
  }
  return true;
}

bool turn_on(Call& call, TrackingOptions& options) {
  const std::string_view conflict = find_conflict(call.client.tracking, options);
  if (!conflict.empty()) {
    call.error(conflict);
    return false;
  }
  if (!check_prefixes(call, options.prefixes)) return false;
  if (options.has(ClientTracking::kBroadcast) && options.prefixes.empty()) {
    options.prefixes.emplace_back();
  }
  call.server.tracking().begin(call.client, options.flags,
                               static_cast<std::uint64_t>(options.redirection), options.prefixes);
  return true;
}

std::vector<std::string_view> describe_flags(const ClientTracking& tracking) {
  using Tracking = ClientTracking;
  std::vector<std::string_view> words{tracking.has(Tracking::kOn) ? "on" : "off"};
  if (tracking.has(Tracking::kBroadcast)) words.emplace_back("bcast");
  if (tracking.has(Tracking::kOptIn)) {
    words.emplace_back("optin");
    if (tracking.has(Tracking::kCaching)) words.emplace_back("caching-yes");
  }
  if (tracking.has(Tracking::kOptOut)) {
    words.emplace_back("optout");
    if (tracking.has(Tracking::kCaching)) words.emplace_back("caching-no");
  }
  if (tracking.has(Tracking::kNoLoop)) words.emplace_back("noloop");
  if (tracking.has(Tracking::kBrokenRedirection)) words.emplace_back("broken_redirect");
  return words;
}

}  // namespace

std::int64_t tracking_redirection(const Client& client) {
  if (!client.tracking.has(ClientTracking::kOn)) return -1;
  return static_cast<std::int64_t>(client.tracking.redirection.load(std::memory_order_relaxed));
}

void client_tracking(Call& call) {
  TrackingOptions options;
  if (!read_options(call, options)) return;
  if (call.is_option(2, "on")) {
    if (!turn_on(call, options)) return;
  } else if (call.is_option(2, "off")) {
    call.server.tracking().end(call.client);
  } else {
    return call.syntax_error();
  }
  call.reply.ok();
}

void client_caching(Call& call) {
  ClientTracking& tracking = call.client.tracking;
  if (!tracking.has(ClientTracking::kOn)) {
    return call.error(
        "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or "
        "OPTOUT mode enabled");
  }
  const bool yes = call.is_option(2, "yes");
  if (!yes && !call.is_option(2, "no")) return call.syntax_error();
  if (yes && !tracking.has(ClientTracking::kOptIn)) {
    return call.error(
        "ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.");
  }
  if (!yes && !tracking.has(ClientTracking::kOptOut)) {
    return call.error(
        "ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.");
  }
  tracking.add(ClientTracking::kCaching);
  call.reply.ok();
}

void client_getredir(Call& call) { call.reply.integer(tracking_redirection(call.client)); }

void client_trackinginfo(Call& call) {
  const ClientTracking& tracking = call.client.tracking;
  call.reply.map(3);
  call.reply.bulk("flags");
  const std::vector<std::string_view> flags = describe_flags(tracking);
  call.reply.set(flags.size());
  for (const std::string_view flag : flags) call.reply.bulk(flag);
  call.reply.bulk("redirect");
  call.reply.integer(tracking_redirection(call.client));
  call.reply.bulk("prefixes");
  call.reply.array(tracking.prefixes.size());
  for (const std::string& prefix : tracking.prefixes) call.reply.bulk(prefix);
}

}  // namespace weir::redis::commands
