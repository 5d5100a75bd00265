#include "tests/fakes/many_clients.h"

#include <malloc.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/fakes/peer.h"

namespace weir::fakes {

std::size_t heap_bytes() {
  const struct mallinfo2 heap = ::mallinfo2();
  return heap.uordblks + heap.hblkhd;
}

std::size_t raise_descriptor_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

ManyClients::ManyClients(std::size_t connections, std::string request, std::size_t answer_bytes)
    : request_(std::move(request)), answer_bytes_(answer_bytes) {
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends_), 0);
  process_ = ::fork();
  if (process_ == 0) ::_exit(live(connections));
  ::close(ends_[1]);
}

ManyClients::~ManyClients() {
  ::close(ends_[0]);
  int status = 0;
  ::waitpid(process_, &status, 0);
  EXPECT_EQ(status, 0);
}

std::size_t ManyClients::connect(const Address& address) {
  const std::string text = address.to_string();
  EXPECT_GT(::send(ends_[0], text.data(), text.size(), 0), 0);
  std::size_t connected = 0;
  EXPECT_EQ(::recv(ends_[0], &connected, sizeof connected, 0), ssize_t{sizeof connected});
  return connected;
}

int ManyClients::live(std::size_t connections) const {
  ::close(ends_[0]);
  char text[200];
  const ssize_t size = ::recv(ends_[1], text, sizeof text, 0);
  if (size <= 0) return 1;
  const Address address = Address::parse({text, static_cast<std::size_t>(size)}).value();
  std::vector<Peer> peers;
  while (peers.size() < connections) {
    Peer peer = Peer::connect(address);
    if (!peer.send(request_) || peer.receive(answer_bytes_).size() != answer_bytes_) break;
    peers.push_back(std::move(peer));
  }
  const std::size_t connected = peers.size();
  if (::send(ends_[1], &connected, sizeof connected, 0) < 0) return 1;
  // Until the other end closes.
  return ::recv(ends_[1], text, sizeof text, 0) == 0 ? 0 : 1;
}

}  // namespace weir::fakes
