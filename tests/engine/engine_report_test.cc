// What an engine tells of itself while it runs, and of one connection's TCP.
#include "core/engine_report.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <future>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "core/log.h"
#include "core/tcp_statistics.h"
#include "gtest/gtest.h"
#include "tests/engine/running_engine.h"
#include "tests/fakes/hooked_session.h"
#include "tests/fakes/peer.h"

namespace weir {
namespace {

using fakes::Peer;
using fakes::serve;
using fakes::serve_echo;

constexpr char kAnyPort[] = "tcp://127.0.0.1:0";

Options options(ThreadingModel model, std::uint32_t threads) {
  Options options;
  options.model = model;
  options.threads = threads;
  options.drain_ms = Peer::kDeadlineMs;
  return options;
}

// A report's text: by line, then by field.
using Fields = std::map<std::string, std::string>;
std::map<std::string, Fields> parse(const EngineReport& report) {
  std::map<std::string, Fields> lines;
  for (const auto& [name, value] : report.lines()) {
    Fields& fields = lines[name];
    std::string_view rest = value;
    while (!rest.empty()) {
      const std::string_view field = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(field.size() + 1, rest.size()));
      const std::size_t equals = std::min(field.find('='), field.size());
      fields[std::string(field.substr(0, equals))] =
          field.substr(std::min(equals + 1, field.size()));
    }
  }
  return lines;
}

class EngineReportTest : public testing::Test {
 protected:
  void SetUp() override { set_log_level(LogLevel::kWarning); }
  ~EngineReportTest() override { set_log_level(LogLevel::kNotice); }
};

TEST_F(EngineReportTest, OfAnEngineThatHasNotRun) {
  RunningEngine running(options(ThreadingModel::kReuseport, 2), kAnyPort, serve_echo());
  const EngineReport report = report_engine(running.engine());
  ASSERT_EQ(report.reactors.size(), 2U);
  EXPECT_EQ(report.total().accepted, 0U);
  EXPECT_EQ(report.total().ticks, 0U);
}

TEST_F(EngineReportTest, AddsUpItsReactors) {
  RunningEngine running(options(ThreadingModel::kHandoff, 2), kAnyPort, serve_echo());
  running.start();
  std::vector<Peer> peers;
  for (int i = 0; i < 6; ++i) {
    peers.push_back(running.connect());
    peers.back().send("four");
    ASSERT_EQ(peers.back().receive(4), "four");
  }
  running.settle();
  const EngineReport report = report_engine(running.engine());
  // The acceptor, which keeps none, and two workers that are dealt to by turns.
  ASSERT_EQ(report.reactors.size(), 3U);
  EXPECT_EQ(report.reactors[0].accepted, 0U);
  EXPECT_EQ(report.reactors[1].accepted, 3U);
  EXPECT_EQ(report.reactors[2].bytes_sent, 12U);
  const ReactorReport total = report.total();
  EXPECT_EQ(total.accepted, 6U);
  EXPECT_EQ(total.open, 6U);
  EXPECT_EQ(total.closed_in_all(), 0U);
  EXPECT_EQ(total.bytes_received, 24U);
  EXPECT_EQ(total.receives, 6U);
  EXPECT_EQ(total.events.count(), report.reactors[0].events.count() +
                                      report.reactors[1].events.count() +
                                      report.reactors[2].events.count());
  EXPECT_GE(total.ticks, total.events.count());
}

TEST_F(EngineReportTest, HasALineForEachGroup) {
  RunningEngine running(options(ThreadingModel::kSingle, 1), kAnyPort, serve_echo());
  running.start();
  Peer peer = running.connect();
  peer.send("seven..");
  ASSERT_EQ(peer.receive(7), "seven..");
  Peer other = running.connect();
  other.end();
  EXPECT_EQ(other.receive_rest(), "");
  do {
    running.settle();
  } while (report_engine(running.engine()).total().closed_in_all() == 0);
  const auto lines = parse(report_engine(running.engine()));
  EXPECT_EQ(lines.size(), 9U) << "no total of one reactor";
  EXPECT_EQ(lines.at("reactors"), (Fields{{"1", ""}}));
  EXPECT_EQ(lines.at("reactor0_connections"), (Fields{{"open", "1"},
                                                      {"accepted", "2"},
                                                      {"connected", "0"},
                                                      {"closed", "1"},
                                                      {"moved_on", "0"},
                                                      {"refused_descriptors", "0"},
                                                      {"refused_max_connections", "0"}}));
  EXPECT_EQ(lines.at("reactor0_closed"), (Fields{{"local", "0"},
                                                 {"peer", "1"},
                                                 {"reset", "0"},
                                                 {"timeout", "0"},
                                                 {"overflow", "0"},
                                                 {"error", "0"},
                                                 {"exception", "0"},
                                                 {"abort", "0"},
                                                 {"stop", "0"}}));
  EXPECT_EQ(lines.at("reactor0_transfers"), (Fields{{"bytes_received", "7"},
                                                    {"bytes_sent", "7"},
                                                    {"receives", "1"},
                                                    {"sends", "1"},
                                                    {"output_waiting", "0"}}));
  EXPECT_GE(std::stoull(lines.at("reactor0_ticks").at("ticks")), 3U);
  EXPECT_GE(std::stoull(lines.at("reactor0_ticks").at("busy_us")), 1U);
  for (const char* histogram : {"events", "tick_us", "mailbox_depth", "mailbox_delay_us"}) {
    const Fields& fields = lines.at("reactor0_" + std::string(histogram));
    EXPECT_EQ(fields.size(), 6U);
    EXPECT_GE(std::stoull(fields.at("count")), 1U);
    EXPECT_LE(std::stoull(fields.at("p50")), std::stoull(fields.at("p99")));
    EXPECT_LE(std::stoull(fields.at("p99.9")), std::stoull(fields.at("max")));
  }
}

TEST_F(EngineReportTest, HasATotalOfSeveral) {
  RunningEngine running(options(ThreadingModel::kHandoff, 1), kAnyPort, serve_echo());
  running.start();
  Peer peer = running.connect();
  peer.send("x");
  ASSERT_EQ(peer.receive(1), "x");
  const auto lines = parse(report_engine(running.engine()));
  EXPECT_EQ(lines.size(), 25U);
  EXPECT_EQ(lines.at("reactor0_connections").at("accepted"), "0");
  EXPECT_EQ(lines.at("reactor1_connections").at("accepted"), "1");
  EXPECT_EQ(lines.at("reactors_connections").at("accepted"), "1");
}

// One conversation of a storm; which of four ends it has follows from its number.
void converse(RunningEngine& running, int number) {
  Peer peer = running.connect();
  if (!peer.is_connected()) return;
  const std::string text = "message " + std::to_string(number);
  EXPECT_TRUE(peer.send(text));
  EXPECT_EQ(peer.receive(text.size()), text);
  switch (number % 4) {
    case 0:
      return peer.reset();
    case 1:
      peer.end();
      EXPECT_EQ(peer.receive_rest(), "");
      return;
    case 2:
      peer.send("!");  // who shouts is thrown out
      EXPECT_EQ(peer.receive_rest(), "!");
      return;
    default:
      return;
  }
}

Service serve_the_polite() {
  return serve({.handle = [](Connection& connection) {
    const bool shouts = connection.unread() == "!";
    fakes::echo(connection);
    if (shouts) connection.close_after_flush();
  }});
}

// Under ThreadSanitizer: no race. Else: nothing goes backwards, and in the end all adds up.
TEST_F(EngineReportTest, IsReadWhileAStormRuns) {
  constexpr int kClients = 4;
  constexpr int kConversations = 100;
  for (const ThreadingModel model :
       {ThreadingModel::kHandoff, ThreadingModel::kReuseport, ThreadingModel::kIoThreads}) {
    RunningEngine running(options(model, 2), kAnyPort, serve_the_polite());
    running.start();
    std::atomic<int> active{kClients};
    std::vector<std::thread> clients;
    for (int client = 0; client < kClients; ++client) {
      clients.emplace_back([&, client] {
        for (int i = 0; i < kConversations; ++i) converse(running, client + i);
        --active;
      });
    }
    ReactorReport last;
    int reports = 0;
    for (; active > 0; ++reports) {
      const EngineReport report = report_engine(running.engine());
      const ReactorReport now = report.total();
      EXPECT_FALSE(report.lines().empty());
      EXPECT_GE(now.accepted, last.accepted);
      EXPECT_GE(now.closed_in_all(), last.closed_in_all());
      EXPECT_GE(now.bytes_received, last.bytes_received);
      EXPECT_GE(now.ticks, last.ticks);
      EXPECT_GE(now.tick_us.count(), last.tick_us.count());
      EXPECT_GE(now.mailbox_depth.count(), last.mailbox_depth.count());
      last = now;
    }
    for (std::thread& client : clients) client.join();
    EXPECT_GT(reports, 0);
    running.stop();
    const ReactorReport total = report_engine(running.engine()).total();
    EXPECT_EQ(total.accepted, static_cast<std::uint64_t>(kClients * kConversations));
    EXPECT_EQ(total.closed_in_all(), total.accepted);
    EXPECT_EQ(total.open, 0U);
    EXPECT_EQ(total.output_waiting, 0U);
    EXPECT_EQ(total.bytes_received, total.bytes_sent);
    EXPECT_EQ(total.ticks, total.events.count());
  }
}

class TcpStatisticsOfAnEngineTest : public EngineReportTest {
 protected:
  Result<TcpStatistics> statistics(RunningEngine& running, ConnectionId id) {
    std::promise<Result<TcpStatistics>> promise;
    running.engine().tcp_statistics(
        id, [&promise](Result<TcpStatistics> read) { promise.set_value(std::move(read)); });
    return promise.get_future().get();
  }

  std::promise<ConnectionId> id_;
  const Service service_ = serve({.handle = [this](Connection& connection) {
    id_.set_value(connection.id());
    fakes::echo(connection);
  }});
};

TEST_F(TcpStatisticsOfAnEngineTest, AreReadFromAnyThread) {
  RunningEngine running(options(ThreadingModel::kHandoff, 2), kAnyPort, service_);
  running.start();
  Peer peer = running.connect();
  peer.send("x");
  ASSERT_EQ(peer.receive(1), "x");
  const ConnectionId id = id_.get_future().get();
  EXPECT_GT(statistics(running, id).value().congestion_window, 0U);
  running.engine().post(id, [](Connection* connection) {
    connection->pause_reading();
    EXPECT_GT(connection->tcp_statistics().value().rtt_us, 0U);
  });
  running.settle();
  peer.send("unread");
  while (statistics(running, id).value().receive_queue < 6) {
  }
  EXPECT_EQ(statistics(running, id).value().receive_queue, 6U);
  running.engine().close(id);
}

TEST_F(TcpStatisticsOfAnEngineTest, OfAConnectionThatIsClosed) {
  RunningEngine running(options(ThreadingModel::kSingle, 1), kAnyPort, service_);
  running.start();
  Peer peer = running.connect();
  peer.send("x");
  ASSERT_EQ(peer.receive(1), "x");
  peer.close();
  while (running.engine().connections() > 0) running.settle();
  EXPECT_EQ(statistics(running, id_.get_future().get()).status().message(),
            "the connection is closed");
}

TEST_F(TcpStatisticsOfAnEngineTest, AreThereAtItsEnd) {
  std::promise<TcpStatistics> last;
  RunningEngine running(
      options(ThreadingModel::kSingle, 1), kAnyPort,
      serve({.handle = fakes::echo, .closed = [&last](Connection& connection, const Status&) {
               last.set_value(connection.tcp_statistics().value());
             }}));
  running.start();
  Peer peer = running.connect();
  peer.send("x");
  ASSERT_EQ(peer.receive(1), "x");
  peer.end();
  EXPECT_GT(last.get_future().get().rtt_us, 0U);
}

TEST_F(TcpStatisticsOfAnEngineTest, AnExceptionCostsTheConnection) {
  RunningEngine running(options(ThreadingModel::kSingle, 1), kAnyPort, service_);
  running.start();
  Peer peer = running.connect();
  peer.send("x");
  ASSERT_EQ(peer.receive(1), "x");
  running.engine().tcp_statistics(id_.get_future().get(), [](const Result<TcpStatistics>&) {
    throw std::runtime_error("of the one who asked");
  });
  EXPECT_EQ(peer.receive_rest(), "");
}

}  // namespace
}  // namespace weir
