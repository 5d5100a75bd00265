// Tests of commands as scripts: a command and its reply to a line, in both protocols.
//
//   TEST_P(ListCommandsTest, Pushes) {
//     reply("RPUSH k a b", ":2");
//     reply("LPOP absent", "$-1", "_");              // RESP2, RESP3
//     unordered("SMEMBERS s", "*2 $1 a $1 b", "~2 $1 a $1 b");
//   }
//   INSTANTIATE_COMMAND_SCRIPTS(ListCommandsTest);
//
// Words are split as in an inline command, replies are texts as RedisClient has them. Every command
// goes to two clients, RESP2 on database 0 and RESP3 on database 1, so that each sees the script
// once. All tests of a suite share one server for each setup, and begin with empty databases.
// The replies were recorded from redis-server 7.0.15.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <map>
#include <memory>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

#include "tests/redis/redis_fixture.h"

namespace weir::redis {

class CommandScriptTest : public testing::TestWithParam<Setup> {
 protected:
  using Where = std::source_location;

  CommandScriptTest();
  static void TearDownTestSuite() { servers_.clear(); }

  // The command is to have this reply in both protocols.
  void reply(std::string_view command, std::string_view text, Where where = Where::current());
  void reply(std::string_view command, std::string_view resp2, std::string_view resp3,
             Where where = Where::current());
  // The same for a reply whose elements may come in any order.
  void unordered(std::string_view command, std::string_view text, Where where = Where::current());
  void unordered(std::string_view command, std::string_view resp2, std::string_view resp3,
                 Where where = Where::current());

  RedisClient& resp2() { return clients_[0]; }
  RedisClient& resp3() { return clients_[1]; }
  // The same command from both; the reply to the RESP2 client.
  std::string command(const std::vector<std::string>& words);
  // All elements that a scan of `key` comes across, as often as it does: command "SSCAN" and so on.
  // `between` runs after each call.
  template <class Between>
  std::vector<std::string> scan(const std::string& name, const std::string& key,
                                const std::vector<std::string>& options, Between&& between);

 private:
  static RedisServer& server(const ParamType& setup);

  inline static std::map<std::string, std::unique_ptr<RedisServer>> servers_;
  std::vector<RedisClient> clients_;
};

// The words of a line, and of a reply's text.
std::vector<std::string> split_command(std::string_view line);
std::vector<std::string> split_reply(std::string_view text);
// A bulk string's text.
std::string bulk_text(std::string_view bytes);
// Texts at the borders between the encodings that collections have for integers and lengths, each
// once.
std::vector<std::string> border_elements();

template <class Between>
std::vector<std::string> CommandScriptTest::scan(const std::string& name, const std::string& key,
                                                 const std::vector<std::string>& options,
                                                 Between&& between) {
  // "*2 $1 0 *1 $1 a": the cursor is the third word, elements are every other one from the sixth.
  constexpr std::size_t kCursor = 2;
  constexpr std::size_t kFirstElement = 5;
  std::vector<std::string> found;
  std::string cursor = "0";
  do {
    std::vector<std::string> words = {name, key, cursor};
    words.insert(words.end(), options.begin(), options.end());
    const std::vector<std::string> parts = split_reply(resp2().command(words));
    if (parts.size() <= kCursor) {
      ADD_FAILURE() << "no scan's reply";
      break;
    }
    cursor = parts[kCursor];
    for (std::size_t i = kFirstElement; i < parts.size(); i += 2) found.push_back(parts[i]);
    between();
  } while (cursor != "0");
  return found;
}

#define INSTANTIATE_COMMAND_SCRIPTS(suite)                                       \
  INSTANTIATE_TEST_SUITE_P(All, suite, testing::ValuesIn(each_model_once()),     \
                           [](const testing::TestParamInfo<Setup>& test_param) { \
                             return setup_name(test_param.param);                \
                           })

}  // namespace weir::redis
