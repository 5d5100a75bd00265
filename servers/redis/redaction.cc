#include "servers/redis/redaction.h"

#include <algorithm>
#include <cstddef>

#include "servers/redis/command_table.h"

namespace weir::redis {
namespace {

using Words = std::vector<std::string_view>;

constexpr std::string_view kRedacted = "(redacted)";
constexpr std::string_view kSecretParameters[] = {"requirepass", "masterauth", "masteruser"};

// AUTH [user] password
void redact_auth(Words& words) {
  if (words.size() <= 3) std::fill(words.begin() + 1, words.end(), kRedacted);
}

// HELLO [version [AUTH user password] [SETNAME name]]
void redact_hello(Words& words) {
  for (std::size_t i = 2; i + 1 < words.size();) {
    if (equal_names(words[i], "auth") && i + 2 < words.size()) {
      words[i + 1] = words[i + 2] = kRedacted;
      i += 3;
    } else if (equal_names(words[i], "setname")) {
      i += 2;
    } else {
      return;
    }
  }
}

// CONFIG SET name value [name value ...]
void redact_config_set(Words& words) {
  for (std::size_t i = 2; i + 1 < words.size(); i += 2) {
    for (const std::string_view secret : kSecretParameters) {
      if (equal_names(words[i], secret)) words[i + 1] = kRedacted;
    }
  }
}

}  // namespace

std::vector<std::string_view> redact(const Command& command,
                                     std::span<const std::string_view> arguments) {
  Words words(arguments.begin(), arguments.end());
  if (command.name == "auth") redact_auth(words);
  if (command.name == "hello") redact_hello(words);
  if (command.name == "set" && equal_names(words[0], "config")) redact_config_set(words);
  return words;
}

}  // namespace weir::redis
