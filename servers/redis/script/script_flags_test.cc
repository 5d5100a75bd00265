#include "servers/redis/script/script_flags.h"

#include <gtest/gtest.h>

namespace weir::redis {
namespace {

ScriptHead parsed(std::string_view text) {
  const auto head = parse_script_head(text);
  EXPECT_TRUE(head.is_ok()) << text;
  return head.is_ok() ? head.value() : ScriptHead{};
}

std::string refused(std::string_view text) {
  const auto head = parse_script_head(text);
  return head.is_ok() ? "accepted" : head.status().message();
}

TEST(ScriptFlags, NothingIsKnownWithoutALine) {
  for (const char* text : {"", "return 1", "#", " #!lua\n"}) {
    EXPECT_FALSE(parsed(text).flags.declared) << text;
    EXPECT_EQ(parsed(text).size, 0U) << text;
  }
}

TEST(ScriptFlags, TheLineDeclares) {
  EXPECT_TRUE(parsed("#!lua\nreturn 1").flags.declared);
  EXPECT_EQ(parsed("#!lua\nreturn 1").size, 5U);
  EXPECT_FALSE(parsed("#!lua\n").flags.no_writes);
  EXPECT_FALSE(parsed("#!lua flags=\n").flags.allow_oom);
  EXPECT_TRUE(parsed("#!lua flags=no-writes\n").flags.no_writes);
  EXPECT_TRUE(parsed("#!lua  flags=allow-oom,no-cluster \n").flags.allow_oom);
  EXPECT_TRUE(parsed("#!lua flags=allow-stale flags=no-writes\r\n").flags.no_writes);
}

TEST(ScriptFlags, ReadersMayRunWithoutMemory) {
  EXPECT_FALSE(parsed("return 1").flags.may_exceed_memory());
  EXPECT_FALSE(parsed("#!lua\n").flags.may_exceed_memory());
  EXPECT_TRUE(parsed("#!lua flags=no-writes\n").flags.may_exceed_memory());
  EXPECT_TRUE(parsed("#!lua flags=allow-oom\n").flags.may_exceed_memory());
}

TEST(ScriptFlags, SaysWhatIsWrong) {
  EXPECT_EQ(refused("#!lua"), "Invalid script shebang");
  EXPECT_EQ(refused("#!perl\n"), "Unexpected engine in script shebang: #!perl");
  EXPECT_EQ(refused("#!lua name=x\n"), "Unknown lua shebang option: name=x");
  EXPECT_EQ(refused("#!lua flags=no-writes,what?\n"), "Unexpected flag in script shebang: what?");
}

}  // namespace
}  // namespace weir::redis
