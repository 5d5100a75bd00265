#include "servers/redis/config.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <limits>
#include <optional>

#include "codec/inline_command.h"
#include "servers/redis/command_table.h"
#include "servers/redis/glob.h"
#include "servers/redis/types/integer_text.h"

namespace weir::redis {
namespace {

constexpr std::int64_t kMaxNumber = std::numeric_limits<std::int64_t>::max();

Result<std::int64_t> parse_count(std::string_view text) {
  const std::optional<std::int64_t> number = parse_integer(text);
  if (!number) return Status::error("argument couldn't be parsed into an integer");
  return *number;
}

Result<std::int64_t> parse_size(std::string_view text) {
  const Result<std::uint64_t> bytes = parse_bytes(text);
  if (!bytes.is_ok() || bytes.value() > kMaxNumber) {
    return Status::error("argument must be a memory value");
  }
  return static_cast<std::int64_t>(bytes.value());
}

}  // namespace

Config::Parameter& Config::define(std::string name, Read read, Apply apply) {
  return parameters_.emplace_back(
      Parameter{std::move(name), std::move(read), std::move(apply), false, false});
}

template <class Target>
Config::Parameter& Config::define_number(std::string name, Target& target, std::int64_t min,
                                         std::int64_t max, Parse parse) {
  const auto apply = [&target, min, max, parse](std::string_view value) -> Status {
    const Result<std::int64_t> number = parse(value);
    if (!number.is_ok()) return number.status();
    if (number.value() < min || number.value() > max) {
      return Status::error("argument must be between " + std::to_string(min) + " and " +
                           std::to_string(max) + " inclusive");
    }
    if constexpr (requires { target.store(0); }) {
      target.store(static_cast<typename Target::value_type>(number.value()));
    } else {
      target = static_cast<Target>(number.value());
    }
    return Status::ok();
  };
  return define(
      std::move(name), [&target] { return std::to_string(target); }, apply);
}

Config::Parameter& Config::define_constant(std::string name, std::string value) {
  const auto apply = [value](std::string_view wanted) {
    if (equal_names(wanted, value)) return Status::ok();
    return Status::error("argument must be '" + value + "': nothing else is supported yet");
  };
  return define(
      std::move(name), [value] { return value; }, apply);
}

Config::Config() {
  define_number("databases", databases, 1, 1024, parse_count).immutable = true;
  define_number("maxclients", max_clients, 1, std::numeric_limits<std::uint32_t>::max(),
                parse_count);
  define_number("client-query-buffer-limit", query_limit, 1024 * 1024, kMaxNumber, parse_size);
  define_number("proto-max-bulk-len", max_bulk_bytes, 1024 * 1024, kMaxNumber, parse_size);
  define(
      "requirepass", [this] { return password_; },
      [this](std::string_view value) {
        password_ = value;
        has_password_.store(!value.empty());
        return Status::ok();
      });
  define(
      "protected-mode", [this] { return std::string(protected_mode ? "yes" : "no"); },
      [this](std::string_view value) {
        const bool yes = equal_names(value, "yes");
        if (!yes && !equal_names(value, "no")) {
          return Status::error("argument must be 'yes' or 'no'");
        }
        protected_mode.store(yes);
        return Status::ok();
      });
  define_debug_access();
  define_encoding_limits();
  define_compatibility();
}

// Redis' default is "no". Here whoever is on this machine may.
void Config::define_debug_access() {
  static constexpr std::array<std::string_view, 3> kNames = {"no", "yes", "local"};
  define(
      "enable-debug-command",
      [this] { return std::string(kNames[static_cast<std::size_t>(debug_access.load())]); },
      [this](std::string_view value) {
        const auto name = std::find_if(kNames.begin(), kNames.end(),
                                       [value](auto n) { return equal_names(n, value); });
        if (name == kNames.end()) {
          return Status::error("argument(s) must be one of the following: no, yes, local");
        }
        debug_access.store(static_cast<DebugAccess>(name - kNames.begin()));
        return Status::ok();
      })
      .immutable = true;
}

void Config::define_encoding_limits() {
  const auto define_limit = [this](const std::string& name, std::size_t& target, Parse parse) {
    define_number(name, target, 0, kMaxNumber, parse);
    // Redis' older name for the same parameter.
    const std::size_t listpack = name.find("listpack");
    if (listpack == std::string::npos) return;
    define_number(std::string(name).replace(listpack, 8, "ziplist"), target, 0, kMaxNumber, parse);
  };
  define_limit("hash-max-listpack-entries", limits.hash_max_listpack_entries, parse_count);
  define_limit("hash-max-listpack-value", limits.hash_max_listpack_value, parse_size);
  define_limit("zset-max-listpack-entries", limits.zset_max_listpack_entries, parse_count);
  define_limit("zset-max-listpack-value", limits.zset_max_listpack_value, parse_size);
  define_limit("set-max-intset-entries", limits.set_max_intset_entries, parse_count);
  define_limit("stream-node-max-bytes", limits.stream_node_max_bytes, parse_size);
  define_limit("stream-node-max-entries", limits.stream_node_max_entries, parse_count);
  for (const char* name : {"list-max-listpack-size", "list-max-ziplist-size"}) {
    define_number(name, limits.list_max_listpack_size, std::numeric_limits<int>::min(),
                  std::numeric_limits<int>::max(), parse_count);
  }
}

// What clients and tools ask for and set at their start although nothing here depends on it:
// persistence, replication and eviction are not part of this server yet, and say so by these
// values.
void Config::define_compatibility() {
  define_constant("save", "").list = true;
  define_constant("appendonly", "no");
  define_constant("maxmemory", "0");
  define_constant("maxmemory-policy", "noeviction");
  define_constant("timeout", "0");
  define_constant("cluster-enabled", "no").immutable = true;
}

Config::Parameter* Config::find(std::string_view name) {
  const auto found = std::find_if(parameters_.begin(), parameters_.end(),
                                  [name](const auto& p) { return equal_names(p.name, name); });
  return found == parameters_.end() ? nullptr : &*found;
}

const Config::Parameter* Config::find(std::string_view name) const {
  return const_cast<Config*>(this)->find(name);
}

std::vector<std::pair<std::string, std::string>> Config::get(std::string_view pattern) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::pair<std::string, std::string>> matches;
  if (pattern.find_first_of("[*?") == std::string_view::npos) {
    const Parameter* parameter = find(pattern);
    if (parameter != nullptr) matches.emplace_back(pattern, parameter->read());
    return matches;
  }
  for (const Parameter& parameter : parameters_) {
    if (glob_match_no_case(pattern, parameter.name)) {
      matches.emplace_back(parameter.name, parameter.read());
    }
  }
  return matches;
}

std::string Config::name_of(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const Parameter* parameter = find(name);
  return parameter == nullptr ? std::string() : parameter->name;
}

bool Config::is_immutable(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const Parameter* parameter = find(name);
  return parameter != nullptr && parameter->immutable;
}

Status Config::set(std::string_view name, std::string_view value) {
  const std::lock_guard lock(mutex_);
  const Parameter* parameter = find(name);
  return parameter != nullptr ? parameter->apply(value) : Status::error("unknown parameter");
}

std::string Config::value(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  return find(name)->read();
}

void Config::set_fixed(std::string_view name, std::string value) {
  const std::lock_guard lock(mutex_);
  define_constant(std::string(name), std::move(value)).immutable = true;
}

void Config::add_flags(FlagSet& flags) {
  for (const Parameter& parameter : parameters_) {
    const std::string& name = parameter.name;
    const std::string initial = parameter.read();
    const std::string help =
        "as in redis.conf" + (initial.empty() ? "" : ", by default " + initial);
    if (parameter.list) {
      flags.add_list(name, "VALUE...", help, [this, name](std::span<const std::string_view> words) {
        std::string joined;
        for (const std::string_view word : words) {
          joined += (joined.empty() ? "" : " ") + std::string(word);
        }
        return set(name, joined);
      });
    } else {
      flags.add(name, "VALUE", help,
                [this, name](std::string_view value) { return set(name, value); });
    }
  }
}

Result<std::vector<std::string>> Config::read_file(const std::string& path) {
  std::ifstream file(path);
  if (!file) return Status::from_errno(errno, "cannot read the configuration file " + path);
  std::vector<std::string> words;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    // Before quotes are looked at: a comment may have an apostrophe.
    const std::size_t start = line.find_first_not_of(" \t\r");
    if (start == std::string::npos || line[start] == '#') continue;
    std::vector<std::string_view> parts;
    std::string storage(line.size(), '\0');
    if (!codec::split_inline_command(line, storage.data(), parts)) {
      return Status::error(path + ":" + std::to_string(number) + ": unbalanced quotes");
    }
    if (parts.empty() || parts[0].empty()) {
      return Status::error(path + ":" + std::to_string(number) + ": no parameter's name");
    }
    words.push_back("--" + std::string(parts[0]));
    words.insert(words.end(), parts.begin() + 1, parts.end());
  }
  // As when the path is a directory's.
  if (file.bad()) return Status::from_errno(errno, "cannot read the configuration file " + path);
  return words;
}

bool Config::password_matches(std::string_view password) const {
  const std::lock_guard lock(mutex_);
  // In a time that does not tell how much of it is right.
  unsigned difference = password.size() == password_.size() ? 0 : 1;
  for (std::size_t i = 0; i < password.size() && !password_.empty(); ++i) {
    difference |= static_cast<unsigned char>(password[i] ^ password_[i % password_.size()]);
  }
  return difference == 0;
}

}  // namespace weir::redis
