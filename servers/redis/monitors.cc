#include "servers/redis/monitors.h"

#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "core/clock.h"
#include "core/connection.h"

namespace weir::redis {
namespace {

// To those who still monitor when it arrives.
class MonitorLine final : public Delivery {
 public:
  explicit MonitorLine(std::string line) : line_(std::move(line)) {}

  void deliver(Connection& connection, Client& client) const override {
    if (!connection.is_open() || !client.monitors.load(std::memory_order_relaxed)) return;
    connection.output().append(line_);
    connection.flush_later();
  }
  std::size_t bytes() const override { return line_.size(); }

 private:
  const std::string line_;
};

void append_quoted(std::string& line, std::string_view word) {
  constexpr std::string_view kEscaped = "\\\"\n\r\t\a\b";
  constexpr std::string_view kLetters = "\\\"nrtab";
  constexpr std::string_view kDigits = "0123456789abcdef";
  line += '"';
  for (const char c : word) {
    const auto byte = static_cast<unsigned char>(c);
    const std::size_t escaped = kEscaped.find(c);
    if (escaped != std::string_view::npos) {
      line += '\\';
      line += kLetters[escaped];
    } else if (byte >= 0x20 && byte < 0x7f) {
      line += c;
    } else {
      line += "\\x";
      line += kDigits[byte >> 4];
      line += kDigits[byte & 15];
    }
  }
  line += '"';
}

// "127.0.0.1:5000", "unix:/run/redis.sock".
std::string address_of(const Client& client) {
  if (!client.unix_socket) return client.peer;
  return "unix:" + client.peer.substr(0, client.peer.rfind(':'));
}

std::string line_of(const Client& client, std::span<const std::string_view> arguments) {
  const std::int64_t now_us = wall_us();
  char time[48];
  std::snprintf(time, sizeof time, "+%lld.%06lld [", static_cast<long long>(now_us / 1'000'000),
                static_cast<long long>(now_us % 1'000'000));
  std::string line = time + std::to_string(client.database.load(std::memory_order_relaxed)) + " " +
                     address_of(client) + "]";
  for (const std::string_view argument : arguments) {
    line += ' ';
    append_quoted(line, argument);
  }
  return line + "\r\n";
}

}  // namespace

void Monitors::add(Client& client) {
  if (client.monitors.exchange(true, std::memory_order_relaxed)) return;
  const std::lock_guard lock(mutex_);
  watching_.push_back(client.connection);
  size_.store(watching_.size(), std::memory_order_relaxed);
}

void Monitors::remove(Client& client) {
  if (!client.monitors.exchange(false, std::memory_order_relaxed)) return;
  const std::lock_guard lock(mutex_);
  std::erase(watching_, client.connection);
  size_.store(watching_.size(), std::memory_order_relaxed);
}

void Monitors::show(const Client& client, std::span<const std::string_view> arguments) {
  const std::lock_guard lock(mutex_);
  const auto line = std::make_shared<MonitorLine>(line_of(client, arguments));
  for (const ConnectionId to : watching_) outbox_.push(to, line);
}

}  // namespace weir::redis
