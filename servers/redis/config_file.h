// CONFIG REWRITE: a redis.conf-style file brought up to date with the parameters in force.
// Thread rule: pure functions, any thread; one at a time writes a file.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/status.h"

namespace weir::redis {

struct ConfigSetting {
  std::string name;
  std::string value;  // of a list: its words, with a blank between them
  bool list = false;
  bool is_default = false;
};

// The text of a file with these values: lines of parameters get the present one, where a parameter
// has several the others go; what is not the default and has no line stands at the end. Comments,
// blank lines and what is no parameter of these stay.
std::string rewrite_config(std::string_view text, std::span<const ConfigSetting> settings);

// Replaces a file's text as a whole: whoever reads it meanwhile, or after a crash, finds the old or
// the new.
Status replace_file(const std::string& path, std::string_view text);
Result<std::string> read_text(const std::string& path);

}  // namespace weir::redis
