// The command line of a server: a table of flags, parsed once at start-up.
// `--name value`, `--name=value`, switches `--name` or `--name=no`, and Redis' style of several
// values up to the next flag, `--save 900 1`, for the flags that ask for it. `--` ends the flags;
// what is neither flag nor value is kept as positional. A flag given twice is set twice.
// Main thread, before the engine runs. Errors are one sentence for the user: which flag, which
// value, what is accepted. A main prints it and exits with 2, or prints help() and exits with 0.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace weir {

class FlagSet {
 public:
  // Judges and stores a value. The error says what is expected, without flag and value, which
  // parse puts in front: "expected a whole number from 1 to 64".
  using Setter = std::function<Status(std::string_view value)>;
  using ListSetter = std::function<Status(std::span<const std::string_view> values)>;

  // A flag with one value. `hint` names the value in the help: "N", "single|handoff".
  void add(std::string name, std::string hint, std::string help, Setter setter);
  // A flag that needs no value: `--name` is true; yes, no, true, false, on, off, 1 and 0 can
  // follow a '='.
  void add_switch(std::string name, std::string help, std::function<void(bool)> setter);
  // A flag with all the values up to the next argument that starts with "--", perhaps none. After
  // '=' stands one value, to be split by the setter if need be.
  void add_list(std::string name, std::string hint, std::string help, ListSetter setter);

  // Reads argv[1..argc) in order and calls the setters; stops at the first error. --help and -h
  // set help_requested() and end the parse with success.
  Status parse(int argc, const char* const* argv);

  bool help_requested() const { return help_requested_; }
  const std::vector<std::string>& positional() const { return positional_; }

  // The text for --help: usage, one aligned entry a flag in the order of their addition, then
  // `examples`, one a line, where there are any.
  std::string help(std::string_view program, std::span<const std::string_view> examples = {}) const;

 private:
  enum class Arity { kOne, kSwitch, kList };

  struct Flag {
    std::string name;
    std::string hint;
    std::string help;
    Arity arity;
    ListSetter setter;
  };

  void insert(Flag flag);
  const Flag* find(std::string_view name) const;
  Status parse_flag(std::string_view text, std::span<const std::string_view>& rest);
  static Status apply(const Flag& flag, std::span<const std::string_view> values);
  Status unknown(std::string_view name) const;

  std::vector<Flag> flags_;
  std::vector<std::string> positional_;
  bool help_requested_ = false;
};

// What a main() calls itself in messages: argv[0] without its directories.
std::string_view program_name(const char* const* argv);
// Under `bazel run` a program starts among its runfiles: from here on relative paths are relative
// to where the user is, as without Bazel.
void use_callers_directory();

// A Setter that stores what `parser`, a function from string_view to Result<U>, reads:
//   flags.add("timeout", "TIME", "...", assign(options.timeout_ms, parse_duration_ms));
// `target` must outlive the FlagSet's parse.
template <class T, class Parser>
FlagSet::Setter assign(T& target, Parser parser) {
  return [&target, parser](std::string_view text) -> Status {
    auto parsed = parser(text);
    if (parsed.is_ok()) target = static_cast<T>(std::move(parsed.value()));
    return parsed.status();
  };
}

// Values. Each error is "expected ..." and says what is accepted.

// Decimal digits only, min <= value <= max.
Result<uint64_t> parse_uint(std::string_view text, uint64_t min, uint64_t max);
// The index of `text` in `names`.
Result<size_t> parse_choice(std::string_view text, std::span<const std::string_view> names);
// yes, true, on, 1 or no, false, off, 0, in any case.
Result<bool> parse_bool(std::string_view text);
// Milliseconds of "250ms", "10s", "5m", "2h" or "0". A unit is required, since Redis' own
// settings are seconds here and milliseconds there.
Result<int64_t> parse_duration_ms(std::string_view text);
// Bytes as redis.conf writes them, in any case: "100", "100b", "64k" is 64000 and "64kb" 65536;
// so are m, mb, g and gb.
Result<uint64_t> parse_bytes(std::string_view text);

}  // namespace weir
