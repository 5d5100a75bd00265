// Files over real sockets: what nginx would answer.
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>

#include "codec/http_date.h"
#include "servers/http/request.h"
#include "servers/http/response.h"
#include "servers/http/static_files.h"
#include "tests/http/http_fixture.h"

namespace weir::http {
namespace {

namespace fs = std::filesystem;

std::string field(const std::string& answer, const std::string& name) {
  const std::size_t at = answer.find("\r\n" + name + ": ");
  if (at == std::string::npos || at > answer.find("\r\n\r\n")) return "";
  const std::size_t begin = at + name.size() + 4;
  return answer.substr(begin, answer.find("\r\n", begin) - begin);
}
int status(const std::string& answer) { return std::atoi(answer.c_str() + 9); }
std::string body(const std::string& answer) { return answer.substr(answer.find("\r\n\r\n") + 4); }

class FilesTest : public HttpTest {
 protected:
  void SetUp() override {
    char name[] = "/tmp/weir_files_XXXXXX";
    root_ = ::mkdtemp(name);
    fs::create_directories(root_ / "www/dir/empty");
    write("www/a.txt", "0123456789");
    write("www/index.html", "<p>front");
    write("www/dir/b &.html", "b");
    write("www/large.bin", std::string(3'000'000, 'l'));
    write("www/style.css", "plain");
    write("www/style.css.gz", "gzipped");
    write("www/style.css.br", "brotli");
    write("www/none", "");
    write("secret", "secret");
    fs::create_symlink("../secret", root_ / "www/out");
    fs::create_symlink("a.txt", root_ / "www/in");
    fs::create_symlink("loop", root_ / "www/loop");
    ::mkfifo((root_ / "www/pipe").c_str(), 0600);
    serve(false);
  }
  void TearDown() override {
    running_.reset();
    fs::remove_all(root_);
  }

  void write(const fs::path& path, std::string_view text) {
    std::ofstream(root_ / path, std::ios::binary) << text;
  }
  void serve(bool listings) {
    running_.reset();
    start([&](Server& server) {
      files_ = std::make_unique<StaticFiles>(
          server.engine(),
          StaticFiles::Options{.root = (root_ / "www").string(), .listings = listings});
      ASSERT_TRUE(files_->open().is_ok());
      server.get("/*path", files_->handler("path"));
    });
  }
  std::string get(std::string_view path, std::string_view fields = {},
                  std::string_view method = "GET") {
    return exchange(std::string(method) + " " + std::string(path) + " HTTP/1.1\r\nHost: x\r\n" +
                    std::string(fields) + "\r\n");
  }

  fs::path root_;
  std::unique_ptr<StaticFiles> files_;
};

TEST_P(FilesTest, AFileWhole) {
  const std::string answer = get("/a.txt");
  EXPECT_EQ(status(answer), 200);
  EXPECT_EQ(body(answer), "0123456789");
  EXPECT_EQ(field(answer, "Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(field(answer, "Content-Length"), "10");
  EXPECT_EQ(field(answer, "Accept-Ranges"), "bytes");
  EXPECT_TRUE(codec::parse_http_date(field(answer, "Last-Modified")));
  EXPECT_EQ(body(get("/large.bin")), std::string(3'000'000, 'l'));
  EXPECT_EQ(body(get("/none")), "");
  EXPECT_EQ(body(get("/in")), "0123456789");
  EXPECT_EQ(body(get("/%61.txt")), "0123456789");
  const std::string head = get("/large.bin", {}, "HEAD");
  EXPECT_EQ(field(head, "Content-Length"), "3000000");
  EXPECT_EQ(body(head), "");
  EXPECT_EQ(status(get("/a.txt", "Content-Length: 0\r\n", "POST")), 405);
}

TEST_P(FilesTest, SeveralInAPipeline) {
  fakes::Peer peer = connect();
  ASSERT_TRUE(
      peer.send("GET /large.bin HTTP/1.1\r\nHost: x\r\n\r\n"
                "GET /a.txt HTTP/1.1\r\nHost: x\r\n\r\n"
                "GET /large.bin HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
  EXPECT_EQ(receive_reply(peer).body.size(), 3'000'000U);
  EXPECT_EQ(receive_reply(peer).body, "0123456789");
  EXPECT_EQ(receive_reply(peer).body.size(), 3'000'000U);
  EXPECT_EQ(peer.receive_rest(), "");
}

TEST_P(FilesTest, NothingOutsideOfTheRoot) {
  for (const char* path :
       {"/../secret", "/dir/../../secret", "/%2e%2e/secret", "/..%2fsecret", "/out", "//etc/passwd",
        "/%2fetc/passwd", "/.../secret", "/dir/%2e%2e/%2e%2e/secret"}) {
    const std::string answer = get(path);
    EXPECT_EQ(status(answer), 404) << path;
    EXPECT_EQ(answer.find("root:"), std::string::npos) << path;
  }
  EXPECT_EQ(status(get("/a%00.txt")), 400);
  EXPECT_EQ(status(get("/a%zz")), 400);
  EXPECT_EQ(status(get("/loop")), 404);
  EXPECT_EQ(status(get("/pipe")), 403);
  EXPECT_EQ(status(get("/a.txt/")), 404);
  EXPECT_EQ(status(get("/" + std::string(5000, 'a'))), 404);
  EXPECT_EQ(body(get("/dir/../a.txt")), "0123456789");
}

TEST_P(FilesTest, Directories) {
  EXPECT_EQ(body(get("/")), "<p>front");
  EXPECT_EQ(field(get("/"), "Content-Type"), "text/html; charset=utf-8");
  const std::string moved = get("/dir?a=b");
  EXPECT_EQ(status(moved), 301);
  EXPECT_EQ(field(moved, "Location"), "/dir/?a=b");
  EXPECT_EQ(field(get("//dir"), "Location"), "");
  EXPECT_EQ(status(get("/dir/")), 403);
  serve(true);
  const std::string listing = get("/dir/");
  EXPECT_EQ(status(listing), 200);
  EXPECT_NE(listing.find("<a href=\"./empty/\">empty/</a>"), std::string::npos);
  EXPECT_NE(listing.find("<a href=\"./b%20%26.html\">b &amp;.html</a>"), std::string::npos);
  EXPECT_EQ(body(get("/dir/b%20%26.html")), "b");
}

TEST_P(FilesTest, Preconditions) {
  const std::string answer = get("/a.txt");
  const std::string etag = field(answer, "ETag");
  const std::string modified = field(answer, "Last-Modified");
  for (const std::string& fields :
       {"If-None-Match: " + etag, "If-None-Match: \"x\", W/" + etag,
        std::string("If-None-Match: *"), "If-Modified-Since: " + modified}) {
    const std::string unchanged = get("/a.txt", fields + "\r\n");
    EXPECT_EQ(status(unchanged), 304) << fields;
    EXPECT_EQ(body(unchanged), "");
    EXPECT_EQ(field(unchanged, "ETag"), etag);
    EXPECT_EQ(field(unchanged, "Content-Length"), "");
  }
  for (const std::string& fields :
       {"If-Match: \"x\"\r\nIf-Match: " + etag, std::string("If-None-Match: \"x\""),
        std::string("If-None-Match: x"), "If-None-Match: \"x\"\r\nIf-Modified-Since: " + modified,
        "If-Match: " + etag, std::string("If-Match: *"),
        std::string("If-Modified-Since: yesterday"), "If-Unmodified-Since: " + modified,
        std::string("If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT")}) {
    EXPECT_EQ(status(get("/a.txt", fields + "\r\n")), 200) << fields;
  }
  EXPECT_EQ(status(get("/a.txt", "If-Match: W/" + etag + "\r\n")), 412);
  EXPECT_EQ(status(get("/a.txt", "If-Match: \"x\"\r\n")), 412);
  EXPECT_EQ(status(get("/a.txt", "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n")), 412);
}

TEST_P(FilesTest, ARange) {
  const std::string answer = get("/a.txt", "Range: bytes=2-4\r\n");
  EXPECT_EQ(status(answer), 206);
  EXPECT_EQ(body(answer), "234");
  EXPECT_EQ(field(answer, "Content-Range"), "bytes 2-4/10");
  EXPECT_EQ(field(answer, "Content-Length"), "3");
  EXPECT_EQ(body(get("/a.txt", "Range: bytes=-3\r\n")), "789");
  EXPECT_EQ(body(get("/large.bin", "Range: bytes=1000000-\r\n")).size(), 2'000'000U);
  const std::string none = get("/a.txt", "Range: bytes=10-\r\n");
  EXPECT_EQ(status(none), 416);
  EXPECT_EQ(field(none, "Content-Range"), "bytes */10");
  EXPECT_EQ(status(get("/a.txt", "Range: lines=1-2\r\n")), 200);
}

TEST_P(FilesTest, SeveralRanges) {
  const std::string answer = get("/a.txt", "Range: bytes=0-1,5-6\r\n");
  EXPECT_EQ(status(answer), 206);
  const std::string type = field(answer, "Content-Type");
  ASSERT_TRUE(type.starts_with("multipart/byteranges; boundary="));
  const std::string boundary = type.substr(type.find('=') + 1);
  const std::string part = "\r\n--" + boundary + "\r\nContent-Type: text/plain; charset=utf-8\r\n" +
                           "Content-Range: bytes ";
  EXPECT_EQ(body(answer),
            part + "0-1/10\r\n\r\n01" + part + "5-6/10\r\n\r\n56\r\n--" + boundary + "--\r\n");
  EXPECT_EQ(field(answer, "Content-Length"), std::to_string(body(answer).size()));
}

TEST_P(FilesTest, ARangeOfWhatTheClientKnows) {
  const std::string answer = get("/a.txt");
  const std::string range = "Range: bytes=0-1\r\nIf-Range: ";
  EXPECT_EQ(status(get("/a.txt", range + field(answer, "ETag") + "\r\n")), 206);
  EXPECT_EQ(status(get("/a.txt", range + field(answer, "Last-Modified") + "\r\n")), 206);
  EXPECT_EQ(status(get("/a.txt", range + "\"x\"\r\n")), 200);
  EXPECT_EQ(status(get("/a.txt", range + "W/" + field(answer, "ETag") + "\r\n")), 200);
  EXPECT_EQ(status(get("/a.txt", range + "Sun, 06 Nov 1994 08:49:37 GMT\r\n")), 200);
}

TEST_P(FilesTest, CompressedBefore) {
  const auto ask = [this](const std::string& accepted) {
    return get("/style.css", "Accept-Encoding: " + accepted + "\r\n");
  };
  const std::string brotli = ask("gzip, br");
  EXPECT_EQ(body(brotli), "brotli");
  EXPECT_EQ(field(brotli, "Content-Encoding"), "br");
  EXPECT_EQ(field(brotli, "Content-Type"), "text/css; charset=utf-8");
  EXPECT_EQ(field(brotli, "Vary"), "Accept-Encoding");
  EXPECT_EQ(body(ask("gzip;q=0.5, br;q=0")), "gzipped");
  EXPECT_EQ(body(ask("gzip;q=0.0")), "plain");
  EXPECT_EQ(body(ask("identity")), "plain");
  const std::string plain = get("/style.css");
  EXPECT_EQ(body(plain), "plain");
  EXPECT_EQ(field(plain, "Vary"), "Accept-Encoding");
  EXPECT_EQ(field(get("/a.txt"), "Vary"), "");
  EXPECT_NE(field(plain, "ETag"), field(brotli, "ETag"));
  // What is said in its place is not compressed.
  const std::string none = get("/style.css", "Accept-Encoding: br\r\nRange: bytes=99-\r\n");
  EXPECT_EQ(status(none), 416);
  EXPECT_EQ(field(none, "Content-Encoding"), "");
}

TEST_P(FilesTest, AFileThatWasReplacedIsSeen) {
  EXPECT_EQ(body(get("/a.txt")), "0123456789");
  write("www/new", "a new one");
  fs::rename(root_ / "www/new", root_ / "www/a.txt");
  while (body(get("/a.txt")) != "a new one") std::this_thread::yield();
  fs::remove(root_ / "www/a.txt");
  while (status(get("/a.txt")) != 404) std::this_thread::yield();
}

// Its end can't be sent: the client must see that.
TEST_P(FilesTest, AFileThatShrinksMeanwhileBreaksOff) {
  fakes::Peer peer = connect(4096);
  ASSERT_TRUE(peer.send("GET /large.bin HTTP/1.1\r\nHost: x\r\n\r\n"));
  ASSERT_EQ(receive_reply(peer, true).status, 200);
  fs::resize_file(root_ / "www/large.bin", 100);
  EXPECT_LT(peer.receive_rest().size(), 3'000'000U);
}

TEST(StaticFilesTest, ARootThatCantBeServed) {
  Engine engine(Options{});
  StaticFiles files(engine, {.root = "/nowhere/at/all"});
  const Status status = files.open();
  EXPECT_EQ(status.message(),
            "can't serve the directory '/nowhere/at/all': No such file or directory");
}

INSTANTIATE_TEST_SUITE_P(Models, FilesTest, fakes::every_place(), fakes::place_label);

}  // namespace
}  // namespace weir::http
