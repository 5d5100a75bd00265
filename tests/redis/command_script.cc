#include "tests/redis/command_script.h"

#include <algorithm>
#include <cstdint>
#include <sstream>

#include "codec/inline_command.h"

namespace weir::redis {
namespace {

// The same words, whatever their order.
bool same_words(std::string_view a, std::string_view b) {
  std::vector<std::string> words_a = split_reply(a);
  std::vector<std::string> words_b = split_reply(b);
  std::sort(words_a.begin(), words_a.end());
  std::sort(words_b.begin(), words_b.end());
  return words_a == words_b;
}

}  // namespace

std::vector<std::string> split_command(std::string_view line) {
  std::vector<std::string_view> words;
  std::string storage(line.size(), '\0');
  EXPECT_TRUE(codec::split_inline_command(line, storage.data(), words)) << line;
  return {words.begin(), words.end()};
}

std::vector<std::string> split_reply(std::string_view text) {
  std::istringstream stream{std::string(text)};
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

std::string bulk_text(std::string_view bytes) {
  const std::string header = "$" + std::to_string(bytes.size());
  return bytes.empty() ? header : header + " " + escape(bytes);
}

std::vector<std::string> border_elements() {
  std::vector<std::string> elements;
  for (const int bits : {7, 8, 12, 13, 15, 16, 23, 24, 31, 32, 62}) {
    const std::int64_t power = std::int64_t{1} << bits;
    for (const std::int64_t near : {power - 1, power, -power, -power - 1}) {
      elements.push_back(std::to_string(near));
    }
  }
  for (const char* text : {"0", "-0", "00", "9223372036854775807", "-9223372036854775808",
                           "9223372036854775808", "-9223372036854775809", "1e3", " 1"}) {
    elements.push_back(text);
  }
  for (const std::size_t length : {0, 1, 63, 64, 65, 127, 128, 4095, 4096, 16383, 16384, 70000}) {
    elements.emplace_back(length, 'x');
  }
  return elements;
}

CommandScriptTest::CommandScriptTest() {
  const std::uint16_t port = server(GetParam()).port();
  clients_.emplace_back(port, 2);
  clients_.emplace_back(port, 3);
  EXPECT_EQ(resp3().command("SELECT", "1"), "+OK");
  EXPECT_EQ(resp2().command("FLUSHALL"), "+OK");
}

RedisServer& CommandScriptTest::server(const ParamType& setup) {
  std::unique_ptr<RedisServer>& server = servers_[setup_name(setup)];
  if (server == nullptr) server = std::make_unique<RedisServer>(setup);
  return *server;
}

std::string CommandScriptTest::command(const std::vector<std::string>& words) {
  resp3().command(words);
  return resp2().command(words);
}

void CommandScriptTest::reply(std::string_view command, std::string_view text, Where where) {
  reply(command, text, text, where);
}

void CommandScriptTest::reply(std::string_view command, std::string_view resp2_text,
                              std::string_view resp3_text, Where where) {
  const testing::ScopedTrace trace(where.file_name(), static_cast<int>(where.line()),
                                   std::string(command));
  const std::vector<std::string> words = split_command(command);
  EXPECT_EQ(resp2().command(words), resp2_text);
  EXPECT_EQ(resp3().command(words), resp3_text);
}

void CommandScriptTest::unordered(std::string_view command, std::string_view text, Where where) {
  unordered(command, text, text, where);
}

void CommandScriptTest::unordered(std::string_view command, std::string_view resp2_text,
                                  std::string_view resp3_text, Where where) {
  const testing::ScopedTrace trace(where.file_name(), static_cast<int>(where.line()),
                                   std::string(command));
  const std::vector<std::string> words = split_command(command);
  EXPECT_PRED2(same_words, resp2().command(words), resp2_text);
  EXPECT_PRED2(same_words, resp3().command(words), resp3_text);
}

}  // namespace weir::redis
