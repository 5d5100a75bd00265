#include "servers/redis/config.h"

#include <algorithm>
#include <cerrno>
#include <fstream>

#include "base/check.h"
#include "codec/inline_command.h"
#include "servers/redis/command_table.h"
#include "servers/redis/config_file.h"
#include "servers/redis/glob.h"

namespace weir::redis {

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
    if (!parameter.hidden && glob_match_no_case(pattern, parameter.name)) {
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
  if (parameter == nullptr) return Status::error("unknown parameter");
  const std::string before = parameter->read();
  const Status applied = parameter->apply(value);
  if (!applied.is_ok() || !parameter->check) return applied;
  const Status checked = parameter->check();
  if (!checked.is_ok()) WEIR_CHECK(parameter->apply(before).is_ok());
  return checked;
}

void Config::add_check(std::string_view name, std::function<Status()> check) {
  const std::lock_guard lock(mutex_);
  find(name)->check = std::move(check);
}

std::string Config::value(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  return find(name)->read();
}

void Config::set_fixed(std::string_view name, std::string value) {
  const std::lock_guard lock(mutex_);
  define_constant(std::string(name), std::move(value)).immutable = true;
}

void Config::set_constant(std::string_view name, std::string value) {
  const std::lock_guard lock(mutex_);
  define_constant(std::string(name), std::move(value));
}

void Config::add_flags(FlagSet& flags) {
  for (const Parameter& parameter : parameters_) {
    if (parameter.engines) continue;
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

Status Config::rewrite_file() const {
  const std::lock_guard lock(mutex_);
  if (file_.empty()) return Status::error("The server is running without a config file");
  const Result<std::string> text = read_text(file_);
  if (!text.is_ok()) return text.status();
  std::vector<ConfigSetting> settings;
  for (const Parameter& parameter : parameters_) {
    if (parameter.immutable || parameter.is_alias || parameter.constant) continue;
    const std::string value = parameter.read();
    settings.push_back({parameter.name, value, parameter.list, value == parameter.initial});
  }
  return replace_file(file_, rewrite_config(text.value(), settings));
}

}  // namespace weir::redis
