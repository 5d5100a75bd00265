// A test of a backend alone, with streams whose other ends the test holds. One thread.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "core/backend.h"
#include "gtest/gtest.h"
#include "tests/fakes/faulty_sockets.h"
#include "tests/fakes/peer.h"

namespace weir::fakes {

// An event with its bytes copied: those of the original are gone with the next one.
struct Seen {
  Channel* channel;
  Event::Kind kind;
  int error;
  std::string bytes;
  Interest ready;
  ssize_t result;
  std::size_t total;
};

// A backend with streams whose other ends the test holds.
class BackendFixture : public testing::TestWithParam<BackendKind> {
 protected:
  struct Stream {
    Channel channel;
    Peer peer;
  };

  void SetUp() override { open(); }
  void TearDown() override {
    for (Stream& stream : streams_) sockets_.close(stream.channel.fd);
  }

  void open(std::size_t read_budget = kReadBytes) {
    backend_ = make_backend(GetParam(), sockets_, read_budget);
    WEIR_CHECK(backend_->open().is_ok());
  }
  Stream& add_stream(Line line = make_unix_line()) {
    streams_.emplace_back();
    Stream& stream = streams_.back();
    stream.channel.fd = line.fd;
    stream.peer = std::move(line.peer);
    WEIR_CHECK(backend_->add(stream.channel).is_ok());
    return stream;
  }
  // What one tick would see; waits for something to happen with a timeout.
  std::vector<Seen> turn(int timeout_ms = 0) {
    std::vector<Seen> seen;
    backend_->wait(timeout_ms);
    Event event{};
    while (backend_->next(event)) {
      const bool has_bytes = event.kind == Event::Kind::kBytes;
      seen.push_back({event.channel, event.kind, event.error,
                      has_bytes ? std::string(event.bytes) : std::string(), event.ready,
                      event.result, event.total});
    }
    return seen;
  }
  // The bytes that arrive until there are `size` of them.
  std::string receive(std::size_t size) {
    constexpr int kMostEmpty = 10;  // a wait may end without an event
    std::string received;
    for (int empty = 0; received.size() < size && empty < kMostEmpty;) {
      const std::vector<Seen> seen = turn(Peer::kDeadlineMs);
      for (const Seen& one : seen) received += one.bytes;
      empty = seen.empty() ? empty + 1 : 0;
    }
    return received;
  }
  // Ticks until nothing is reported any more, so that edges of the past are behind.
  void settle() {
    while (!turn().empty()) {
    }
  }
  ssize_t send(Channel& channel, const std::string& bytes) {
    const iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
    return backend_->sent(channel, backend_->transmit(channel, &piece, 1), bytes.size());
  }
  // Sends until the kernel takes no more; returns what it took.
  std::string fill(Channel& channel) {
    const std::string bytes(100'000, 'f');
    std::string sent;
    while (!channel.writing) {
      const ssize_t size = send(channel, bytes);
      WEIR_CHECK(size >= 0);
      sent += bytes.substr(0, static_cast<std::size_t>(size));
    }
    return sent;
  }

  FaultySockets sockets_;
  std::unique_ptr<Backend> backend_;
  std::deque<Stream> streams_;
};

}  // namespace weir::fakes
