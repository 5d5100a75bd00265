#include "tests/redis/linearizability/model_command.h"

#include "base/check.h"

namespace weir::redis {

std::vector<std::string> ModelCommand::keys_of(const Words& words) const {
  std::vector<std::string> keys;
  if (first == 0) return keys;
  const std::size_t end = last >= 0 ? static_cast<std::size_t>(last) + 1
                                    : words.size() + 1 - static_cast<std::size_t>(-last);
  for (std::size_t i = first; i < end; i += step) keys.push_back(words[i]);
  return keys;
}

const ModelCommand& find_model_command(std::string_view name) {
  const ModelCommand* found = nullptr;
  for (const auto& group :
       {model::kStringCommands, model::kKeyCommands, model::kListCommands, model::kSetCommands}) {
    for (const ModelCommand& command : group) {
      if (command.name == name) found = &command;
    }
  }
  WEIR_CHECK(found != nullptr);
  return *found;
}

}  // namespace weir::redis
