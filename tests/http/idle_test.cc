// What 10,000 keep-alive connections cost between their requests: memory of the process, counted by
// its allocator.
#include <algorithm>
#include <cstddef>
#include <cstdio>

#include "servers/http/request.h"
#include "servers/http/response.h"
#include "tests/fakes/many_clients.h"
#include "tests/http/http_fixture.h"

namespace weir::http {
namespace {

constexpr std::size_t kConnections = 10'000;
constexpr std::size_t kOtherDescriptors = 200;
constexpr std::size_t kMaxBytes = 512;  // a connection

TEST(IdleTest, AKeptConnectionHoldsAtMost512Bytes) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer has an allocator of its own";
#endif
  const std::size_t limit = fakes::raise_descriptor_limit();
  if (limit < 1000 + kOtherDescriptors) GTEST_SKIP() << "only " << limit << " descriptors";
  const std::size_t wanted = std::min(kConnections, limit - kOtherDescriptors);
  const std::string request = "GET / HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n\r\n";
  const std::string answer =
      "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Type: text/plain; "
      "charset=utf-8\r\nContent-Length: 4\r\n\r\nfine";
  fakes::ManyClients clients(wanted, request, answer.size());
  Options options;
  options.handle_signals = false;
  RunningServer running(options, {}, [](Server& server) {
    server.get("/", [](const Request&, Response& response) { response.send("fine"); });
  });
  // What the first connections make the server allocate for all.
  for (int i = 0; i < 3; ++i) EXPECT_EQ(running.exchange(request).size(), answer.size());
  const std::size_t before = fakes::heap_bytes();
  const std::size_t connected = clients.connect(running.address());
  ASSERT_EQ(connected, wanted);
  const double each =
      static_cast<double>(fakes::heap_bytes() - before) / static_cast<double>(connected);
  std::printf("%zu kept connections: %.0f bytes each\n", connected, each);
  RecordProperty("bytes_a_connection", static_cast<int>(each));
  EXPECT_LE(each, kMaxBytes);
}

}  // namespace
}  // namespace weir::http
