#include "servers/redis/default_user.h"

#include <gtest/gtest.h>

namespace weir::redis {
namespace {

using Rules = std::vector<std::string_view>;

constexpr std::string_view kFoo =
    "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae";

TEST(DefaultUserTest, NeedsNoPasswordAtFirst) {
  const DefaultUser user;
  EXPECT_FALSE(user.must_authenticate());
  EXPECT_TRUE(user.accepts("any"));
  EXPECT_EQ(user.text(), "user default on nopass ~* &* +@all");
}

TEST(DefaultUserTest, TakesAnyOfItsPasswords) {
  DefaultUser user;
  EXPECT_TRUE(user.apply(Rules{">foo", ">bar", ">foo"}).is_ok());
  EXPECT_TRUE(user.must_authenticate());
  EXPECT_FALSE(user.has_no_password());
  EXPECT_TRUE(user.accepts("foo"));
  EXPECT_TRUE(user.accepts("bar"));
  EXPECT_FALSE(user.accepts("fo"));
  EXPECT_FALSE(user.accepts(""));
  EXPECT_EQ(user.password_hashes().size(), 2U);
  EXPECT_EQ(user.password_hashes()[0], kFoo);
  EXPECT_TRUE(user.apply(Rules{"<bar"}).is_ok());
  EXPECT_EQ(user.text(), "user default on #" + std::string(kFoo) + " ~* &* +@all");
}

TEST(DefaultUserTest, TakesHashes) {
  DefaultUser user;
  const std::string rule = "#" + std::string(kFoo);
  EXPECT_TRUE(user.apply(Rules{rule}).is_ok());
  EXPECT_TRUE(user.accepts("foo"));
  EXPECT_FALSE(user.accepts(kFoo));
  const std::string removal = "!" + std::string(kFoo);
  EXPECT_TRUE(user.apply(Rules{removal}).is_ok());
  EXPECT_FALSE(user.accepts("foo"));
  // Without a password, and not open to all: nobody gets in.
  EXPECT_EQ(user.text(), "user default on ~* &* +@all");
}

TEST(DefaultUserTest, AppliesAllRulesOrNone) {
  DefaultUser user;
  EXPECT_EQ(user.apply(Rules{">foo", "junk"}).message(),
            "Error in ACL SETUSER modifier 'junk': Syntax error");
  EXPECT_EQ(user.apply(Rules{">foo", "<bar"}).message(),
            "Error in ACL SETUSER modifier '<bar': The password you are trying to remove from the "
            "user does not exist");
  EXPECT_EQ(user.apply(Rules{"#abc"}).message(),
            "Error in ACL SETUSER modifier '#abc': The password hash must be exactly 64 characters "
            "and contain only lowercase hexadecimal characters");
  EXPECT_FALSE(user.apply(Rules{">foo", "-@all"}).is_ok()) << "he keeps his rights";
  EXPECT_EQ(user.text(), "user default on nopass ~* &* +@all");
  EXPECT_TRUE(user.apply(Rules{"ON", "nopass", "~*", "&*", "+@all", "allkeys"}).is_ok());
}

TEST(DefaultUserTest, IsNobodyWhileOff) {
  DefaultUser user;
  EXPECT_TRUE(user.apply(Rules{"off"}).is_ok());
  EXPECT_TRUE(user.must_authenticate());
  EXPECT_FALSE(user.accepts(""));
  // What protected mode asks.
  EXPECT_TRUE(user.has_no_password());
  EXPECT_TRUE(user.apply(Rules{"on"}).is_ok());
  EXPECT_FALSE(user.must_authenticate());
}

TEST(DefaultUserTest, FollowsRequirepass) {
  DefaultUser user;
  EXPECT_TRUE(user.apply(Rules{">a", ">b"}).is_ok());
  user.set_password("foo");
  EXPECT_EQ(user.text(), "user default on #" + std::string(kFoo) + " ~* &* +@all");
  user.set_password("");
  EXPECT_EQ(user.text(), "user default on nopass ~* &* +@all");
}

}  // namespace
}  // namespace weir::redis
