// What operators are shown: counts that are those of the requests just made.
#include "servers/http/admin.h"

#include <string>

#include "servers/http/request.h"
#include "servers/http/response.h"
#include "tests/http/http_fixture.h"

namespace weir::http {
namespace {

class AdminTest : public HttpTest {
 protected:
  // The admin's routes watch another server of the same engine: here the one they are on.
  void SetUp() override {
    start([](Server& server) {
      server.get("/a", [](const Request&, Response& response) { response.send("a"); });
    });
    admin_ = std::make_unique<RunningAdmin>(running_->server());
  }
  void TearDown() override {
    admin_.reset();
    running_.reset();
  }

  // An engine of its own, as that of the fixture runs already.
  struct RunningAdmin {
    explicit RunningAdmin(const Server& watched)
        : running(options(), {}, [&](Server& admin) { add_admin_routes(admin, watched); }) {}
    static Options options() {
      Options options;
      options.handle_signals = false;
      return options;
    }
    RunningServer running;
  };

  static std::string get(const std::string& path) {
    return "GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  }
  bool shows(const std::string& line) {
    return admin_->running.exchange(get("/metrics")).find("\n" + line + "\n") != std::string::npos;
  }

  std::unique_ptr<RunningAdmin> admin_;
};

TEST_P(AdminTest, MetricsCount) {
  EXPECT_TRUE(shows("weir_http_requests_total 0"));
  for (int i = 0; i < 3; ++i) exchange(get("/a"));
  exchange(get("/b"));
  exchange("garbage\r\n\r\n");
  while (!shows("weir_http_request_duration_seconds_count 5")) std::this_thread::yield();
  EXPECT_TRUE(shows("weir_http_requests_total 4"));
  EXPECT_TRUE(shows("weir_http_connections_total 5"));
  EXPECT_TRUE(shows("weir_http_responses_total{class=\"2xx\"} 3"));
  EXPECT_TRUE(shows("weir_http_responses_total{class=\"4xx\"} 2"));
  EXPECT_TRUE(shows("weir_http_responses_total{class=\"5xx\"} 0"));
  EXPECT_TRUE(shows("weir_http_request_duration_seconds_bucket{le=\"+Inf\"} 5"));
}

TEST_P(AdminTest, ThePageIsOneFile) {
  const std::string page = admin_->running.exchange(get("/"));
  EXPECT_TRUE(page.starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_NE(page.find("Content-Type: text/html"), std::string::npos);
  for (const char* other : {"src=", "@import", "url(", "href=\"/", "https://", "http://"}) {
    EXPECT_EQ(page.find(other), std::string::npos) << other;
  }
}

TEST_P(AdminTest, EventsTellOfEachReactor) {
  exchange(get("/a"));
  fakes::Peer peer = admin_->running.connect();
  ASSERT_TRUE(peer.send(get("/events")));
  const Reply reply = receive_reply(peer);
  EXPECT_NE(reply.head.find("Content-Type: text/event-stream\r\n"), std::string::npos);
  std::string event;
  while (event.find("\n\n") == std::string::npos) event += peer.receive(1);
  EXPECT_NE(event.find("data: {\"now\":"), std::string::npos);
  EXPECT_NE(event.find("\"requests\":1,"), std::string::npos);
  std::size_t reactors = 0;
  for (std::size_t at = 0; (at = event.find("\"open\":", at)) != std::string::npos; ++at)
    ++reactors;
  EXPECT_EQ(reactors, running_->engine().reactors().size());
}

INSTANTIATE_TEST_SUITE_P(Models, AdminTest, fakes::every_place(), fakes::place_label);

}  // namespace
}  // namespace weir::http
