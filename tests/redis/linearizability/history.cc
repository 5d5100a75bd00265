#include "tests/redis/linearizability/history.h"

#include <algorithm>
#include <cstdio>

namespace weir::redis {
namespace {

// A word that is repeated comes once, with how often.
std::string join(const Words& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size();) {
    std::size_t end = i;
    while (end < words.size() && words[end] == words[i]) ++end;
    text += (i == 0 ? "" : " ") + words[i];
    if (end - i > 1) text += "(" + std::to_string(end - i) + " times)";
    i = end;
  }
  return text;
}

std::string line_text(std::size_t client, const Operation& operation) {
  char head[80];
  std::snprintf(head, sizeof head, "%4llu to %4llu  client %zu db %zu  ",
                static_cast<unsigned long long>(operation.start),
                static_cast<unsigned long long>(operation.end), client, operation.database);
  return head + request_text(operation) + "  ->  " + operation.reply + "\n";
}

}  // namespace

std::string request_text(const Operation& operation) {
  if (!operation.is_transaction) return join(operation.commands.front());
  std::string text = "MULTI; ";
  for (const Words& command : operation.commands) text += join(command) + "; ";
  return text + "EXEC";
}

std::string history_text(const History& history) {
  std::vector<std::pair<std::uint64_t, std::string>> lines;
  for (std::size_t client = 0; client < history.size(); ++client) {
    for (const Operation& operation : history[client]) {
      lines.emplace_back(operation.start, line_text(client, operation));
    }
  }
  std::sort(lines.begin(), lines.end());
  std::string text;
  for (const auto& [start, line] : lines) text += line;
  return text;
}

}  // namespace weir::redis
