#include "tests/fakes/name_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <iterator>

#include "base/check.h"
#include "tests/fakes/peer.h"

namespace weir::fakes {
namespace {

constexpr std::size_t kHeader = 12;
constexpr std::size_t kMaxMessage = 65'535;
constexpr std::uint16_t kA = 1;
constexpr std::uint16_t kAaaa = 28;
constexpr std::uint16_t kTruncatedFlag = 0x0200;
constexpr std::uint16_t kServerFailure = 2;
constexpr std::uint16_t kNoSuchName = 3;

std::string u16(std::size_t value) {
  return {static_cast<char>(value >> 8), static_cast<char>(value & 0xff)};
}

std::uint16_t read_u16(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint16_t>(static_cast<unsigned char>(bytes.at(at)) << 8 |
                                    static_cast<unsigned char>(bytes.at(at + 1)));
}

// The question's section: labels, type, class.
std::string_view question_section(std::string_view message) {
  std::size_t end = kHeader;
  while (message.at(end) != 0) end += 1 + static_cast<unsigned char>(message.at(end));
  return message.substr(kHeader, end + 5 - kHeader);
}

std::string name_of(std::string_view section) {
  std::string name;
  for (std::size_t at = 0; section.at(at) != 0;) {
    const auto size = static_cast<unsigned char>(section.at(at));
    name += (name.empty() ? "" : ".") + std::string(section.substr(at + 1, size));
    at += 1 + size;
  }
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return name;
}

std::string reply(std::string_view question, std::uint16_t flags, std::size_t answers,
                  std::string_view body) {
  std::string message(question.substr(0, 2));
  message += u16(0x8180 | flags) + u16(1) + u16(answers) + u16(0) + u16(0);
  return message.append(question_section(question)).append(body);
}

// Those of `addresses` that are of the question's type.
std::string answer_with(std::string_view question, const std::vector<std::string>& addresses) {
  const std::string_view section = question_section(question);
  const std::uint16_t type = read_u16(section, section.size() - 4);
  std::string body;
  std::size_t count = 0;
  for (const std::string& address : addresses) {
    std::array<char, 16> ip{};
    const int family = address.find(':') == address.npos ? AF_INET : AF_INET6;
    WEIR_CHECK(::inet_pton(family, address.c_str(), ip.data()) == 1);
    if (type != (family == AF_INET ? kA : kAaaa)) continue;
    const std::size_t size = family == AF_INET ? 4 : 16;
    // The name is the question's: a pointer to it. Class IN, 60 seconds.
    body += u16(0xc000 | kHeader) + u16(type) + u16(1) + u16(0) + u16(60) + u16(size);
    body.append(ip.data(), size);
    ++count;
  }
  return reply(question, 0, count, body);
}

// Not the question itself, which c-ares 1.18 takes for an answer without data.
std::vector<std::string> garbage(std::string_view question) {
  std::string wrong_id = answer_with(question, {"127.9.9.9"});
  wrong_id[0] = static_cast<char>(~wrong_id[0]);
  std::string wrong_name = answer_with(question, {"127.9.9.9"});
  wrong_name[kHeader + 1] ^= 1;
  std::string id(question.substr(0, 2));
  return {
      wrong_id, wrong_name, id, std::string(300, '\xff'), "", wrong_name.substr(0, kHeader + 3)};
}

}  // namespace

NameServer::NameServer() {
  sockaddr_in any{};
  any.sin_family = AF_INET;
  any.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
  auto* address = reinterpret_cast<sockaddr*>(&any);
  socklen_t length = sizeof any;
  tcp_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  udp_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  WEIR_CHECK(::bind(tcp_, address, length) == 0 && ::listen(tcp_, 16) == 0);
  WEIR_CHECK(::getsockname(tcp_, address, &length) == 0);
  WEIR_CHECK(::bind(udp_, address, length) == 0);
  WEIR_CHECK(::pipe(stop_) == 0);
  address_ = "127.0.0.1:" + std::to_string(ntohs(any.sin_port));
  thread_ = std::thread([this] { serve(); });
}

NameServer::~NameServer() {
  ::close(stop_[1]);
  thread_.join();
  for (const int fd : {udp_, tcp_, stop_[0]}) ::close(fd);
}

void NameServer::add(const std::string& name, const std::vector<std::string>& addresses,
                     Manner manner) {
  const std::lock_guard lock(mutex_);
  records_[name] = {addresses, manner};
}

std::size_t NameServer::questions() {
  const std::lock_guard lock(mutex_);
  std::size_t total = 0;
  for (const auto& [name, count] : asked_) total += count;
  return total;
}

bool NameServer::await_question(const std::string& name) {
  std::unique_lock lock(mutex_);
  return heard_.wait_for(lock, std::chrono::milliseconds(Peer::kDeadlineMs),
                         [&] { return asked_[name] > 0; });
}

void NameServer::serve() {
  pollfd watched[] = {{stop_[0], POLLIN, 0}, {udp_, POLLIN, 0}, {tcp_, POLLIN, 0}};
  for (;;) {
    if (::poll(watched, std::size(watched), -1) < 0) continue;
    if (watched[0].revents != 0) return;
    if (watched[1].revents != 0) answer_datagram();
    if (watched[2].revents != 0) answer_stream();
  }
}

NameServer::Record NameServer::hear(std::string_view question) {
  const std::string name = name_of(question_section(question));
  const std::lock_guard lock(mutex_);
  ++asked_[name];
  heard_.notify_all();
  const auto found = records_.find(name);
  return found != records_.end() ? found->second : Record{{}, Manner::kAnswer};
}

void NameServer::answer_datagram() {
  std::array<char, kMaxMessage> buffer;
  sockaddr_storage from{};
  socklen_t length = sizeof from;
  auto* client = reinterpret_cast<sockaddr*>(&from);
  const ssize_t size = ::recvfrom(udp_, buffer.data(), buffer.size(), 0, client, &length);
  if (size < static_cast<ssize_t>(kHeader)) return;
  const std::string_view question(buffer.data(), static_cast<std::size_t>(size));
  const auto [addresses, manner] = hear(question);
  const auto send = [&](std::string_view message) {
    ::sendto(udp_, message.data(), message.size(), 0, client, length);
  };
  if (manner == Manner::kSilent) return;
  if (manner == Manner::kFailing) return send(reply(question, kServerFailure, 0, ""));
  if (manner == Manner::kTruncated) return send(reply(question, kTruncatedFlag, 0, ""));
  if (manner == Manner::kGarbage) {
    for (const std::string& message : garbage(question)) send(message);
    if (addresses.empty()) return;
  }
  if (addresses.empty()) return send(reply(question, kNoSuchName, 0, ""));
  send(answer_with(question, addresses));
}

// One question a connection, which the client closes.
void NameServer::answer_stream() {
  const int fd = ::accept4(tcp_, nullptr, nullptr, SOCK_CLOEXEC);
  if (fd < 0) return;
  Peer client(fd);
  for (;;) {
    const std::string size = client.receive(2);
    if (size.size() < 2) return;
    const std::string question = client.receive(read_u16(size, 0));
    if (question.size() < kHeader) return;
    const std::string message = answer_with(question, hear(question).addresses);
    client.send(u16(message.size()) + message);
  }
}

}  // namespace weir::fakes
