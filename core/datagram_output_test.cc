#include "core/datagram_output.h"

#include <algorithm>
#include <cerrno>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/fakes/datagram_client.h"
#include "tests/fakes/faulty_sockets.h"

namespace weir {
namespace {

using fakes::Call;
using fakes::DatagramClient;
using fakes::FaultySockets;
using fakes::numbered_datagram;

class DatagramOutputTest : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override { open(socket_, GetParam()); }
  static void open(DatagramSocket& socket, bool offload) {
    DatagramOptions options;
    options.offload = offload;
    const Status status = socket.open(Address::parse("udp://127.0.0.1:0").value(),
                                      DatagramSocket::Port::kAlone, SocketOptions(), options);
    ASSERT_TRUE(status.is_ok()) << status.message();
  }
  void append(const DatagramClient& to, std::string_view datagram) {
    output_.append({to.address()}, datagram, socket_.max_segment());
  }
  void append_numbered(const DatagramClient& to, std::size_t count, std::size_t size) {
    for (std::size_t i = 0; i < count; ++i) append(to, numbered_datagram(i, size));
  }
  void expect_numbered(const DatagramClient& client, std::size_t first, std::size_t end,
                       std::size_t size) {
    for (std::size_t i = first; i < end; ++i) {
      ASSERT_EQ(client.receive(), numbered_datagram(i, size)) << i;
    }
  }
  void flush() { output_.flush(socket_, counters_); }
  // System calls that the output took; cut to one run each, that many runs.
  std::uint64_t runs() {
    const std::uint64_t before = sockets_.calls(Call::kSendMessages);
    sockets_.cut(Call::kSendMessages, 1, 1000);
    flush();
    sockets_.heal();
    return sockets_.calls(Call::kSendMessages) - before;
  }

  FaultySockets sockets_;
  DatagramSocket socket_{sockets_};
  DatagramArena arena_;
  DatagramOutput output_{arena_};
  DatagramCounters counters_;
};

TEST_P(DatagramOutputTest, SendsInOneCall) {
  const DatagramClient one(socket_.address());
  const DatagramClient other(socket_.address());
  append(one, "1");
  append(other, "other");
  append(one, "");
  append(one, "22");
  EXPECT_EQ(output_.datagrams(), 4U);
  flush();
  EXPECT_TRUE(output_.empty());
  EXPECT_EQ(output_.datagrams(), 0U);
  EXPECT_EQ(one.receive(), "1");
  EXPECT_EQ(one.receive(), "");
  EXPECT_EQ(one.receive(), "22");
  EXPECT_EQ(other.receive(), "other");
  EXPECT_EQ(sockets_.calls(Call::kSendMessages), 1U);
  EXPECT_EQ(counters_.sent.value(), 4U);
  EXPECT_EQ(counters_.bytes_sent.value(), 8U);
}

TEST_P(DatagramOutputTest, GathersWhatTheKernelCanCutUp) {
  const DatagramClient one(socket_.address());
  const DatagramClient other(socket_.address());
  append_numbered(one, 70, 100);
  EXPECT_EQ(runs(), GetParam() ? 2U : 70U);  // of 64 and 6
  expect_numbered(one, 0, 70, 100);
  // A smaller one ends a run, so does another peer; a larger one begins a run.
  append(one, "aaaa");
  append(one, "aa");
  append(one, "a");
  append(one, "bbbb");
  append(other, "bbbb");
  append(one, "bbbb");
  append(one, "");
  append(one, "cccc");
  EXPECT_EQ(runs(), GetParam() ? 7U : 8U);
  for (const char* expected : {"aaaa", "aa", "a", "bbbb", "bbbb", "", "cccc"}) {
    EXPECT_EQ(one.receive(), expected);
  }
  EXPECT_EQ(other.receive(), "bbbb");
  // Nor is a run longer than a datagram can be.
  append_numbered(one, 3, 30'000);
  EXPECT_EQ(runs(), GetParam() ? 2U : 3U);
  expect_numbered(one, 0, 3, 30'000);
}

// Whatever the sizes: the same datagrams arrive, with segmentation or without.
TEST_P(DatagramOutputTest, EveryDatagramIsSentAsItIs) {
  std::mt19937 random(7);
  constexpr std::size_t kSizes[] = {0, 1, 7, 100, 100, 100, 1400, 1400, 9000, 60'000};
  const DatagramClient clients[] = {DatagramClient(socket_.address()),
                                    DatagramClient(socket_.address())};
  for (int round = 0; round < 200; ++round) {
    std::vector<std::pair<std::size_t, std::string>> sent;
    std::size_t client = 0;
    for (std::size_t i = 0, bytes = 0; i < 40 && bytes < 60'000; ++i) {
      if (random() % 8 == 0) client = 1 - client;
      const std::size_t size = kSizes[random() % std::size(kSizes)];
      std::string datagram = numbered_datagram(i, size);
      append(clients[client], datagram);
      bytes += size;
      sent.emplace_back(client, std::move(datagram));
    }
    flush();
    ASSERT_TRUE(output_.empty());
    for (const auto& [receiver, datagram] : sent) {
      ASSERT_TRUE(clients[receiver].receive() == datagram) << "round " << round;
    }
  }
  EXPECT_EQ(counters_.failed.value(), 0U);
}

TEST_P(DatagramOutputTest, TheLargestDatagramGoesOut) {
  const DatagramClient client(socket_.address());
  const std::string largest = numbered_datagram(1, 65'507);
  append(client, largest);
  append(client, std::string(65'508, 'x'));  // more than IPv4 takes
  append(client, "after");
  flush();
  EXPECT_TRUE(client.receive() == largest);
  EXPECT_EQ(client.receive(), "after");
  EXPECT_EQ(counters_.failed.value(), 1U);
  EXPECT_EQ(counters_.sent.value(), 2U);
}

TEST_P(DatagramOutputTest, WaitsWhereThereIsNoRoom) {
  const DatagramClient client(socket_.address());
  append_numbered(client, 100, 100);
  sockets_.cut(Call::kSendMessages, 1);
  sockets_.fail(Call::kSendMessages, EAGAIN);
  flush();
  const std::size_t sent = GetParam() ? 64 : 1;
  EXPECT_EQ(output_.datagrams(), 100 - sent);
  for (std::size_t i = 100; i < 110; ++i) append(client, numbered_datagram(i, 100));
  sockets_.fail(Call::kSendMessages, EINTR, 3);
  sockets_.cut(Call::kSendMessages, 1, 2);
  flush();
  EXPECT_TRUE(output_.empty());
  expect_numbered(client, 0, 110, 100);
  EXPECT_EQ(counters_.sent.value(), 110U);
  EXPECT_EQ(counters_.failed.value(), 0U);
}

// An ICMP answer to an earlier datagram is reported by the next call, and concerns nobody else.
TEST_P(DatagramOutputTest, AnAnswerToAnEarlierDatagramCostsNone) {
  const DatagramClient client(socket_.address());
  append_numbered(client, 3, 10);
  append(client, "other size, own run");
  sockets_.cut(Call::kSendMessages, 1);
  sockets_.fail(Call::kSendMessages, ECONNREFUSED);
  flush();
  expect_numbered(client, 0, 3, 10);
  EXPECT_EQ(client.receive(), "other size, own run");
  EXPECT_EQ(counters_.failed.value(), 0U);
}

TEST_P(DatagramOutputTest, WhatTheKernelRefusesIsDroppedAndCounted) {
  const DatagramClient client(socket_.address());
  append_numbered(client, 2, 10);
  append(client, "goes out all the same");
  const int refused = GetParam() ? 1 : 2;
  sockets_.fail(Call::kSendMessages, ENOBUFS, 2 * refused);
  flush();
  EXPECT_TRUE(output_.empty());
  EXPECT_EQ(counters_.failed.value(), 2U);
  EXPECT_EQ(counters_.sent.value(), 1U);
  EXPECT_EQ(client.receive(), "goes out all the same");
}

TEST_P(DatagramOutputTest, WhatCannotBeCutUpGoesOneByOne) {
  if (!GetParam()) return;
  for (const int error : {EINVAL, EMSGSIZE, EIO}) {
    DatagramSocket socket(sockets_);
    open(socket, true);
    const DatagramClient client(socket.address());
    const auto append_five = [&](std::size_t size) {
      for (std::size_t i = 0; i < 5; ++i) {
        output_.append({client.address()}, numbered_datagram(i, size), socket.max_segment());
      }
    };
    append_five(100);
    output_.append({client.address()}, numbered_datagram(5, 40), socket.max_segment());
    append_five(70);
    sockets_.fail(Call::kSendMessages, error);
    output_.flush(socket, counters_);
    EXPECT_TRUE(output_.empty());
    expect_numbered(client, 0, 5, 100);
    EXPECT_EQ(client.receive(), numbered_datagram(5, 40));
    expect_numbered(client, 0, 5, 70);
    // The next leave as one again: it was that route's fault, not the others'.
    append_five(100);
    const std::uint64_t before = sockets_.calls(Call::kSendMessages);
    sockets_.cut(Call::kSendMessages, 1, 1);
    output_.flush(socket, counters_);
    EXPECT_EQ(sockets_.calls(Call::kSendMessages) - before, 1U);
    expect_numbered(client, 0, 5, 100);
  }
  EXPECT_EQ(counters_.failed.value(), 0U);
}

TEST_P(DatagramOutputTest, IsBounded) {
  const DatagramClient client(socket_.address());
  std::size_t count = 0;
  for (; !output_.is_full(1000); ++count) append(client, numbered_datagram(count, 1000));
  EXPECT_EQ(count, DatagramOutput::kMaxWaiting / (1000 + DatagramOutput::kOverhead));
  EXPECT_FALSE(output_.is_full(0));
  output_.clear();
  EXPECT_TRUE(output_.empty());
  // Empty ones take memory too.
  for (count = 0; !output_.is_full(0); ++count) append(client, "");
  EXPECT_EQ(count, DatagramOutput::kMaxWaiting / DatagramOutput::kOverhead);
  output_.clear();
  EXPECT_FALSE(output_.is_full(DatagramOutput::kMaxDatagram));
  EXPECT_EQ(sockets_.calls(Call::kSendMessages), 0U);
}

INSTANTIATE_TEST_SUITE_P(, DatagramOutputTest, testing::Bool(),
                         [](const auto& test) { return test.param ? "Offload" : "Plain"; });

}  // namespace
}  // namespace weir
