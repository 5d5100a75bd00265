#include "core/flags.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <numeric>
#include <optional>
#include <utility>

#include "base/check.h"

namespace weir {
namespace {

constexpr std::string_view kHelpName = "help";
constexpr size_t kHelpColumns = 100;
constexpr size_t kMaxHintColumn = 32;  // longer entries put their help on the next line

bool is_flag(std::string_view argument) { return argument.starts_with("--"); }

// Levenshtein's distance, row by row.
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i + 1);
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, diagonal + 1, row[j] + 1});
    }
  }
  return row.back();
}

// "a, b or c".
std::string enumerate(std::span<const std::string_view> names) {
  std::string text;
  for (size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " or " : ", ";
    text += names[i];
  }
  return text;
}

// Appends `text` wrapped between words, each line after the first at `column`.
void append_wrapped(std::string& out, std::string_view text, size_t column) {
  size_t used = column;
  while (!text.empty()) {
    const size_t size = std::min(text.find(' '), text.size());
    if (used > column && used + 1 + size > kHelpColumns) {
      out.append("\n").append(column, ' ');
      used = column;
    }
    if (used > column) out += ' ', ++used;
    out += text.substr(0, size);
    used += size;
    text.remove_prefix(std::min(size + 1, text.size()));
  }
  out += '\n';
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

struct Unit {
  std::string_view name;
  uint64_t factor;
};

// `text` as decimal digits and the name of a unit; nothing where it is not that, or its product
// passes `max`.
std::optional<uint64_t> parse_scaled(std::string_view text, std::span<const Unit> units,
                                     uint64_t max) {
  uint64_t count = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, count);
  if (error != std::errc()) return std::nullopt;
  const std::string name = lower({rest, static_cast<size_t>(end - rest)});
  for (const Unit& unit : units) {
    if (unit.name != name) continue;
    if (count > max / unit.factor) return std::nullopt;
    return count * unit.factor;
  }
  return std::nullopt;
}

}  // namespace

void FlagSet::add(std::string name, std::string hint, std::string help, Setter setter) {
  insert({std::move(name), std::move(hint), std::move(help), Arity::kOne,
          [setter = std::move(setter)](std::span<const std::string_view> values) {
            return setter(values.front());
          }});
}

void FlagSet::add_switch(std::string name, std::string help, std::function<void(bool)> setter) {
  insert({std::move(name), "", std::move(help), Arity::kSwitch,
          [setter = std::move(setter)](std::span<const std::string_view> values) {
            Result<bool> value = values.empty() ? true : parse_bool(values.front());
            if (value.is_ok()) setter(*value);
            return value.status();
          }});
}

void FlagSet::add_list(std::string name, std::string hint, std::string help, ListSetter setter) {
  insert({std::move(name), std::move(hint), std::move(help), Arity::kList, std::move(setter)});
}

Status FlagSet::parse(int argc, const char* const* argv) {
  const std::span<const char* const> all(argv, static_cast<size_t>(std::max(argc, 0)));
  std::vector<std::string_view> arguments(all.begin() + (all.empty() ? 0 : 1), all.end());
  std::span<const std::string_view> rest(arguments);
  while (!rest.empty()) {
    const std::string_view argument = rest.front();
    rest = rest.subspan(1);
    if (argument == "--") break;
    if (argument == "--help" || argument == "-h") {
      help_requested_ = true;
      return Status::ok();
    }
    if (argument.starts_with('-') && argument.size() > 1 && !is_flag(argument)) {
      return Status::error("unknown argument " + std::string(argument) +
                           ": flags begin with two dashes; see --help");
    }
    if (!is_flag(argument)) {
      positional_.emplace_back(argument);
      continue;
    }
    if (Status status = parse_flag(argument.substr(2), rest); !status.is_ok()) return status;
  }
  positional_.insert(positional_.end(), rest.begin(), rest.end());
  return Status::ok();
}

// Sets the flag of `text`, "name" or "name=value", and takes its values from the front of `rest`.
Status FlagSet::parse_flag(std::string_view text, std::span<const std::string_view>& rest) {
  const size_t equals = text.find('=');
  const std::string_view name = text.substr(0, equals);
  const Flag* flag = find(name);
  if (flag == nullptr) return unknown(name);

  const std::string_view inline_value = equals == text.npos ? "" : text.substr(equals + 1);
  std::span<const std::string_view> values;
  if (equals != text.npos) {
    values = {&inline_value, 1};
  } else if (flag->arity != Arity::kSwitch) {
    const auto end = std::find_if(rest.begin(), rest.end(), is_flag);
    const auto following = static_cast<size_t>(end - rest.begin());
    values = rest.first(flag->arity == Arity::kOne ? std::min<size_t>(following, 1) : following);
    rest = rest.subspan(values.size());
  }
  if (flag->arity == Arity::kOne && values.empty()) {
    return Status::error("--" + flag->name + ": expected a value, " + flag->hint);
  }
  return apply(*flag, values);
}

Status FlagSet::apply(const Flag& flag, std::span<const std::string_view> values) {
  Status status = flag.setter(values);
  if (status.is_ok()) return status;
  std::string sentence = "--" + flag.name;
  for (const std::string_view value : values) {
    sentence += ' ';
    sentence += value.empty() ? "''" : value;
  }
  return Status::error(sentence + ": " + status.message());
}

std::string FlagSet::help(std::string_view program,
                          std::span<const std::string_view> examples) const {
  std::vector<std::string> entries;
  size_t column = 0;
  for (const Flag& flag : flags_) {
    entries.push_back("  --" + flag.name + (flag.hint.empty() ? "" : " ") + flag.hint);
    if (entries.back().size() < kMaxHintColumn) column = std::max(column, entries.back().size());
  }
  column += 2;

  std::string text = "usage: " + std::string(program) + " [flags]\n\nflags:\n";
  for (size_t i = 0; i < flags_.size(); ++i) {
    text += entries[i];
    if (entries[i].size() + 2 > column) {
      text.append("\n").append(column, ' ');
    } else {
      text.append(column - entries[i].size(), ' ');
    }
    append_wrapped(text, flags_[i].help, column);
  }
  if (!examples.empty()) text += "\nexamples:\n";
  for (const std::string_view example : examples) text.append("  ").append(example).append("\n");
  return text;
}

void FlagSet::insert(Flag flag) {
  WEIR_CHECK(!flag.name.empty() && flag.name != kHelpName && find(flag.name) == nullptr);
  flags_.push_back(std::move(flag));
}

const FlagSet::Flag* FlagSet::find(std::string_view name) const {
  const auto found = std::find_if(flags_.begin(), flags_.end(),
                                  [name](const Flag& flag) { return flag.name == name; });
  return found == flags_.end() ? nullptr : &*found;
}

Status FlagSet::unknown(std::string_view name) const {
  // Farther names than this are no misspellings.
  size_t nearest = std::max<size_t>(2, name.size() / 3) + 1;
  std::string suggestion = "see --help";
  for (const Flag& flag : flags_) {
    const size_t distance = edit_distance(name, flag.name);
    if (distance >= nearest) continue;
    nearest = distance;
    suggestion = "did you mean --" + flag.name + "?";
  }
  return Status::error("unknown flag --" + std::string(name) + ": " + suggestion);
}

std::string_view program_name(const char* const* argv) {
  const std::string_view path = argv[0];
  return path.substr(path.rfind('/') + 1);
}

void use_callers_directory() {
  const char* directory = std::getenv("BUILD_WORKING_DIRECTORY");
  if (directory != nullptr && ::chdir(directory) != 0) std::perror(directory);
}

Result<uint64_t> parse_uint(std::string_view text, uint64_t min, uint64_t max) {
  uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc() && rest == end && value >= min && value <= max) return value;
  return Status::error("expected a whole number from " + std::to_string(min) + " to " +
                       std::to_string(max));
}

Result<size_t> parse_choice(std::string_view text, std::span<const std::string_view> names) {
  const auto found = std::find(names.begin(), names.end(), text);
  if (found == names.end()) return Status::error("expected " + enumerate(names));
  return static_cast<size_t>(found - names.begin());
}

Result<bool> parse_bool(std::string_view text) {
  const std::string word = lower(text);
  if (word == "yes" || word == "true" || word == "on" || word == "1") return true;
  if (word == "no" || word == "false" || word == "off" || word == "0") return false;
  return Status::error("expected yes or no");
}

Result<int64_t> parse_duration_ms(std::string_view text) {
  static constexpr std::array<Unit, 4> kUnits = {
      {{"ms", 1}, {"s", 1000}, {"m", 60 * 1000}, {"h", 60 * 60 * 1000}}};
  if (text == "0") return int64_t{0};
  const auto value = parse_scaled(text, kUnits, std::numeric_limits<int64_t>::max());
  if (value) return static_cast<int64_t>(*value);
  return Status::error("expected a duration such as 250ms, 10s, 5m or 2h");
}

Result<uint64_t> parse_bytes(std::string_view text) {
  static constexpr std::array<Unit, 8> kUnits = {{{"", 1},
                                                  {"b", 1},
                                                  {"k", 1000},
                                                  {"kb", 1ULL << 10},
                                                  {"m", 1000 * 1000},
                                                  {"mb", 1ULL << 20},
                                                  {"g", 1000 * 1000 * 1000},
                                                  {"gb", 1ULL << 30}}};
  const auto value = parse_scaled(text, kUnits, std::numeric_limits<uint64_t>::max());
  if (value) return *value;
  return Status::error("expected a size such as 1000, 64kb, 100mb or 1gb");
}

}  // namespace weir
