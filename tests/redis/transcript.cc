#include "tests/redis/transcript.h"

#include <fstream>
#include <string_view>

#include "codec/inline_command.h"
#include "tests/redis/redis_fixture.h"

namespace weir::redis {
namespace {

bool split_words(const std::string& line, std::vector<std::string>& words) {
  std::vector<std::string_view> views;
  std::string storage(line.size(), '\0');
  if (!codec::split_inline_command(line, storage.data(), views)) return false;
  words.assign(views.begin(), views.end());
  return true;
}

// "  | +OK", "  2| $-1", "  3| _": false when the line is none of them.
bool read_reply(const std::string& line, TranscriptStep& step) {
  const std::size_t bar = line.find('|');
  if (bar == std::string::npos || !step.reads) return false;
  const std::string which = line.substr(2, bar - 2);
  const std::string reply = line.size() > bar + 2 ? line.substr(bar + 2) : "";
  if (which != "" && which != "2" && which != "3") return false;
  if (which != "3") step.replies[0] = reply;
  if (which != "2") step.replies[1] = reply;
  return true;
}

// Everything else but comments: who does what.
bool read_action(const std::string& line, TranscriptStep& step) {
  const std::size_t mark = line.find_first_of(">!.<");
  if (mark == std::string::npos || mark == 0) return false;
  step.client = line.substr(0, mark);
  const bool sends_only = line.compare(mark, 2, ">>") == 0;
  std::vector<std::string> words;
  if (!split_words(line.substr(mark + (sends_only ? 2 : 1)), words)) return false;
  step.ends_sending = line[mark] == '.';
  step.reads = line[mark] == '<' || (line[mark] == '>' && !sends_only);
  if (line[mark] == '>') {
    step.bytes = RedisClient::encode(words);
  } else if (line[mark] == '!' && words.size() == 1) {
    step.bytes = words.front();
  }
  return true;
}

}  // namespace

Result<std::vector<TranscriptStep>> read_transcript(const std::string& path) {
  std::ifstream file(path);
  if (!file) return Status::error("cannot read " + path);
  std::vector<TranscriptStep> steps;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    if (line.empty() || line.front() == '#') continue;
    bool good = false;
    if (line.starts_with("  ")) {
      good = !steps.empty() && read_reply(line, steps.back());
    } else {
      steps.push_back({});
      steps.back().line = number;
      good = read_action(line, steps.back());
    }
    if (!good) return Status::error(path + ":" + std::to_string(number) + ": what is this?");
  }
  return steps;
}

}  // namespace weir::redis
