#include "servers/redis/redaction.h"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

namespace weir::redis {
namespace {

using Words = std::vector<std::string_view>;

Words redacted(std::string_view name, const Words& words) {
  const Command command{name, -1, 0, {}, nullptr, "", ""};
  return redact(command, words);
}

TEST(RedactionTest, LeavesWhatIsNoSecret) {
  const Words words = {"SET", "requirepass", "x"};
  EXPECT_EQ(redacted("set", words), words);
  const Words bare = {"HELLO"};
  EXPECT_EQ(redacted("hello", bare), bare);
}

TEST(RedactionTest, Auth) {
  EXPECT_EQ(redacted("auth", {"AUTH", "p"}), (Words{"AUTH", "(redacted)"}));
  EXPECT_EQ(redacted("auth", {"AUTH", "u", "p"}), (Words{"AUTH", "(redacted)", "(redacted)"}));
}

TEST(RedactionTest, Hello) {
  EXPECT_EQ(redacted("hello", {"HELLO", "3", "SETNAME", "auth", "Auth", "u", "p", "x"}),
            (Words{"HELLO", "3", "SETNAME", "auth", "Auth", "(redacted)", "(redacted)", "x"}));
  const Words cut = {"HELLO", "3", "AUTH", "u"};
  EXPECT_EQ(redacted("hello", cut), cut);
}

TEST(RedactionTest, ConfigSet) {
  EXPECT_EQ(redacted("set", {"config", "set", "port", "1", "RequirePass", "p", "masterauth"}),
            (Words{"config", "set", "port", "1", "RequirePass", "(redacted)", "masterauth"}));
}

}  // namespace
}  // namespace weir::redis
