#include "servers/http/router.h"

#include <string>

#include "gtest/gtest.h"

namespace weir::http {
namespace {

class RouterTest : public testing::Test {
 protected:
  void add(const char* pattern, HttpMethod method = HttpMethod::kGet) {
    const Status status = router_.add(method, pattern, {[](const Request&, Response&) {}, ++last_});
    ASSERT_TRUE(status.is_ok()) << status.message();
  }
  std::string refused(const char* pattern) {
    return router_.add(HttpMethod::kGet, pattern, {}).message();
  }

  // "2 id=7": the number of the route, and its parameters.
  std::string find(const char* path, HttpMethod method = HttpMethod::kGet) {
    Match match;
    router_.find(method, path, match);
    if (match.route == nullptr) return match.path_exists() ? allow_field(match.allowed) : "none";
    std::string text = std::to_string(match.route->max_body);
    for (std::size_t i = 0; i < match.parameters_count; ++i) {
      text.append(" ").append(*match.parameters[i].name).append("=");
      text.append(match.parameters[i].value());
    }
    return text;
  }

  Router router_;
  std::uint64_t last_ = 0;
};

TEST_F(RouterTest, Literals) {
  add("/");
  add("/a");
  add("/a/b");
  add("/a/");
  EXPECT_EQ(find("/"), "1");
  EXPECT_EQ(find("/a"), "2");
  EXPECT_EQ(find("/a/b"), "3");
  EXPECT_EQ(find("/a/"), "4");
  EXPECT_EQ(find("/a/c"), "none");
  EXPECT_EQ(find("/b"), "none");
  EXPECT_EQ(find("/A"), "none");
  EXPECT_EQ(find("/a/b/c"), "none");
}

TEST_F(RouterTest, Parameters) {
  add("/users/:id");
  add("/users/:id/posts/:post");
  EXPECT_EQ(find("/users/7"), "1 id=7");
  EXPECT_EQ(find("/users/7/posts/8%20"), "2 id=7 post=8%20");
  EXPECT_EQ(find("/users/"), "none");
  EXPECT_EQ(find("/users"), "none");
  EXPECT_EQ(find("/users/7/"), "none");
}

TEST_F(RouterTest, TheRest) {
  add("/files/*path");
  EXPECT_EQ(find("/files/a/b.txt"), "1 path=a/b.txt");
  EXPECT_EQ(find("/files/"), "1 path=");
  EXPECT_EQ(find("/files"), "none");
}

TEST_F(RouterTest, LiteralsGoFirstThenParametersThenTheRest) {
  add("/*rest");
  add("/:one");
  add("/a");
  add("/:one/x");
  EXPECT_EQ(find("/a"), "3");
  EXPECT_EQ(find("/b"), "2 one=b");
  EXPECT_EQ(find("/a/x"), "4 one=a");
  EXPECT_EQ(find("/a/y"), "1 rest=a/y");
  EXPECT_EQ(find("/"), "1 rest=");
}

TEST_F(RouterTest, EscapesInLiteralsAreDecoded) {
  add("/a b");
  EXPECT_EQ(find("/a%20b"), "1");
  EXPECT_EQ(find("/%61%20b"), "1");
  EXPECT_EQ(find("/a%2"), "none");
  EXPECT_EQ(find("/a%00b"), "none");
}

TEST_F(RouterTest, MethodsAndWhatIsAllowed) {
  add("/a");
  add("/a", HttpMethod::kPost);
  add("/b", HttpMethod::kDelete);
  EXPECT_EQ(find("/a", HttpMethod::kPost), "2");
  EXPECT_EQ(find("/a", HttpMethod::kHead), "1");
  EXPECT_EQ(find("/a", HttpMethod::kPut), "GET, HEAD, POST, OPTIONS");
  EXPECT_EQ(find("/b"), "DELETE, OPTIONS");
}

TEST_F(RouterTest, APathOfOtherMethodsHidesNothing) {
  add("/", HttpMethod::kPost);
  add("/:id/edit", HttpMethod::kPut);
  add("/*path");
  EXPECT_EQ(find("/"), "3 path=");
  EXPECT_EQ(find("/", HttpMethod::kHead), "3 path=");
  EXPECT_EQ(find("/", HttpMethod::kPost), "1");
  EXPECT_EQ(find("/7/edit"), "3 path=7/edit");
  EXPECT_EQ(find("/", HttpMethod::kDelete), "GET, HEAD, POST, OPTIONS");
  EXPECT_EQ(find("/7/edit", HttpMethod::kDelete), "GET, HEAD, PUT, OPTIONS");
}

TEST_F(RouterTest, RefusesPatternsThatAreNone) {
  add("/a/:id");
  EXPECT_NE(refused("a"), "");
  EXPECT_NE(refused(""), "");
  EXPECT_NE(refused("/:"), "");
  EXPECT_NE(refused("/*"), "");
  EXPECT_NE(refused("/*a/b"), "");
  EXPECT_NE(refused("/a/:id"), "");
  EXPECT_NE(refused("/a/:other"), "");
  EXPECT_NE(refused("/:a/:b/:c/:d/:e/:f/:g/:h/:i"), "");
}

TEST(EscapesTest, Decoded) {
  std::string decoded;
  EXPECT_TRUE(decode_escapes("a%2Fb%2f%25", decoded));
  EXPECT_EQ(decoded, "a/b/%");
  for (const char* text : {"%", "%4", "%4g", "a%", "%00", "%-1"}) {
    EXPECT_FALSE(decode_escapes(text, decoded)) << text;
  }
}

}  // namespace
}  // namespace weir::http
