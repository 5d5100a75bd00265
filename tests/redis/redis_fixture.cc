#include "tests/redis/redis_fixture.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <cstring>
#include <future>
#include <thread>

#include "core/address.h"
#include "core/engine.h"
#include "core/options.h"
#include "servers/redis/commands/groups.h"
#include "servers/redis/config.h"
#include "servers/redis/server.h"
#include "servers/redis/service.h"
#include "tests/fakes/backends.h"
#include "tests/fakes/sanitized.h"

namespace weir::redis {
namespace {

constexpr std::string_view kClosed = "closed";
constexpr std::string_view kTimeout = "timeout";

bool starts_aggregate(char type) {
  return type == '*' || type == '%' || type == '~' || type == '>';
}

std::int64_t parse_size(std::string_view digits) {
  std::int64_t size = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), size);
  EXPECT_TRUE(error == std::errc() && end == digits.data() + digits.size()) << escape(digits);
  return size;
}

}  // namespace

std::vector<Setup> each_model_once() {
  std::vector<Setup> setups = {{ThreadingModel::kHandoff, BackendKind::kEpollEdge, 2},
                               {ThreadingModel::kReuseport, BackendKind::kEpoll, 2},
                               {ThreadingModel::kExclusive, BackendKind::kEpollEdge, 2},
                               {ThreadingModel::kIoThreads, BackendKind::kEpoll, 2}};
  if (fakes::sees_uring()) setups.push_back({ThreadingModel::kHandoff, BackendKind::kUring, 2});
  // One thread has nobody to race with.
  if (!fakes::kThreadSanitized) {
    setups.push_back({ThreadingModel::kSingle, BackendKind::kEpoll, 1});
  }
  return setups;
}

std::vector<Setup> all_setups() {
  if (fakes::kSanitized) return each_model_once();
  std::vector<Setup> setups;
  for (const BackendKind backend : {BackendKind::kEpoll, BackendKind::kEpollEdge}) {
    setups.push_back({ThreadingModel::kSingle, backend, 1});
    for (const std::uint32_t threads : {1U, 2U}) {
      setups.push_back({ThreadingModel::kHandoff, backend, threads});
      setups.push_back({ThreadingModel::kReuseport, backend, threads});
      setups.push_back({ThreadingModel::kExclusive, backend, threads});
      setups.push_back({ThreadingModel::kIoThreads, backend, threads});
    }
  }
  if (!fakes::sees_uring()) return setups;
  setups.push_back({ThreadingModel::kSingle, BackendKind::kUring, 1});
  for (const ThreadingModel model : {ThreadingModel::kHandoff, ThreadingModel::kReuseport,
                                     ThreadingModel::kExclusive, ThreadingModel::kIoThreads}) {
    setups.push_back({model, BackendKind::kUring, 2});
  }
  return setups;
}

std::vector<Setup> parallel_setups() {
  return {{ThreadingModel::kHandoff, BackendKind::kEpoll, 2},
          {ThreadingModel::kReuseport, BackendKind::kEpoll, 2},
          {ThreadingModel::kExclusive, BackendKind::kEpoll, 2}};
}

std::string setup_name(const Setup& setup) {
  std::string name(threading_model_name(setup.model));
  name += "_" + std::string(backend_name(setup.backend)) + "_" + std::to_string(setup.threads);
  for (char& c : name) c = c == '-' ? '_' : c;
  return name;
}

struct RedisServer::Running {
  // Returns when it listens, with its port.
  std::uint16_t start();

  Config config;
  Options options;
  std::unique_ptr<Engine> engine;
  std::unique_ptr<Server> server;
  std::thread thread;
};

std::uint16_t RedisServer::Running::start() {
  std::promise<std::uint16_t> listening;
  thread = std::thread([this, &listening] {
    engine = std::make_unique<Engine>(options);
    server = std::make_unique<Server>(*engine, config, commands::all_groups());
    const Status started = redis::start(*server);
    EXPECT_TRUE(started.is_ok()) << started.message();
    listening.set_value(started.is_ok() ? engine->addresses().front().port() : 0);
    EXPECT_EQ(engine->run(), 0);
  });
  return listening.get_future().get();
}

RedisServer::RedisServer(const Setup& setup, const Parameters& parameters)
    : running_(std::make_unique<Running>()) {
  for (const auto& [name, value] : parameters) {
    const Status status = running_->config.set(name, value);
    EXPECT_TRUE(status.is_ok()) << name << ": " << status.message();
  }
  Options& options = running_->options;
  options.model = setup.model;
  options.backend = setup.backend;
  options.threads = setup.threads;
  options.handle_signals = false;
  options.drain_ms = setup.drain_ms;
  port_ = running_->start();
}

RedisServer::~RedisServer() {
  running_->engine->stop();
  running_->thread.join();
}

Server& RedisServer::server() { return *running_->server; }
Engine& RedisServer::engine() { return *running_->engine; }

RedisClient::RedisClient(std::uint16_t port, int protocol) {
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int result = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address);
  EXPECT_EQ(result, 0) << "port " << port << ": " << std::strerror(errno);
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (protocol == 3) {
    const std::string greeting = command("HELLO", "3");
    EXPECT_TRUE(greeting.starts_with("%7 ")) << greeting;
  }
}

RedisClient::~RedisClient() {
  if (fd_ >= 0) ::close(fd_);
}

RedisClient::RedisClient(RedisClient&& other) noexcept { *this = std::move(other); }

RedisClient& RedisClient::operator=(RedisClient&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(input_, other.input_);
  std::swap(read_, other.read_);
  std::swap(failure_, other.failure_);
  return *this;
}

std::string RedisClient::encode(const std::vector<std::string>& words) {
  std::string bytes = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string& word : words) {
    bytes += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  }
  return bytes;
}

std::string RedisClient::command(const std::vector<std::string>& words) {
  send(encode(words));
  return read();
}

bool RedisClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void RedisClient::finish_sending() { ::shutdown(fd_, SHUT_WR); }

bool RedisClient::receive() {
  if (!failure_.empty()) return false;
  pollfd readable{fd_, POLLIN, 0};
  if (::poll(&readable, 1, kDeadlineMs) == 0) {
    failure_ = kTimeout;
    ADD_FAILURE() << "no reply within " << kDeadlineMs << " ms";
    return false;
  }
  char bytes[64 * 1024];
  const ssize_t received = ::recv(fd_, bytes, sizeof bytes, 0);
  if (received <= 0) {
    failure_ = kClosed;
    return false;
  }
  input_.erase(0, read_);
  read_ = 0;
  input_.append(bytes, static_cast<std::size_t>(received));
  return true;
}

// Takes a line without its end. The view lives until the next receive().
bool RedisClient::read_line(std::string_view& line) {
  std::size_t end = 0;
  while ((end = input_.find("\r\n", read_)) == std::string::npos) {
    if (!receive()) return false;
  }
  line = std::string_view(input_).substr(read_, end - read_);
  read_ = end + 2;
  return true;
}

// Appends one value, with all that it holds.
void RedisClient::read_value(std::string& text) {
  std::string_view line;
  if (!read_line(line)) return;
  text += escape(line);
  const char type = line.empty() ? '\0' : line.front();
  if (!starts_aggregate(type) && type != '$' && type != '=') return;
  const std::int64_t size = parse_size(line.substr(1));
  if (type == '$' || type == '=') {
    if (size < 0) return;
    const auto bytes = static_cast<std::size_t>(size);
    while (input_.size() - read_ < bytes + 2) {
      if (!receive()) return;
    }
    if (bytes > 0) text += " " + escape(std::string_view(input_).substr(read_, bytes));
    read_ += bytes + 2;
    return;
  }
  for (std::int64_t left = type == '%' ? 2 * size : size; left > 0 && failure_.empty(); --left) {
    text += ' ';
    read_value(text);
  }
}

std::string RedisClient::read() {
  std::string text;
  read_value(text);
  return failure_.empty() ? text : failure_;
}

std::string RedisClient::address() const {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  auto* const address = reinterpret_cast<sockaddr*>(&storage);
  EXPECT_EQ(::getsockname(fd_, address, &length), 0);
  return Address::from_sockaddr(address, length).to_ip_port();
}

std::string escape(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    if (c == '\r') {
      text += "\\r";
    } else if (c == '\n') {
      text += "\\n";
    } else if (c == '\t') {
      text += "\\t";
    } else if (c == '\\') {
      text += "\\\\";
    } else if (c >= ' ' && c <= '~') {
      text += c;
    } else {
      constexpr char kDigits[] = "0123456789abcdef";
      const auto byte = static_cast<unsigned char>(c);
      text += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  // A blank at the end would be invisible, and lost to an editor.
  if (text.ends_with(' ')) text.replace(text.size() - 1, 1, "\\x20");
  return text;
}

}  // namespace weir::redis
