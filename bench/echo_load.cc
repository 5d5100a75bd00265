// Asks an echo server on 127.0.0.1 over many connections, one message at a time on each, and looks
// at every byte that comes back. Prints what it measured as JSON. With `reconnect` each message has
// a connection of its own, which the client resets when it has its answer. With `slow` one in a
// hundred begins with 'z', which a server may take its time for, and is not measured.
//   echo_load PORT CONNECTIONS SIZE MESSAGES [reconnect | slow]
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <vector>

namespace {

std::int64_t now_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "echo_load: %s: %s\n", what, std::strerror(errno));
  std::exit(1);
}

class Load {
 public:
  Load(int port, std::size_t size, std::size_t messages, bool reconnects, bool slow)
      : port_(port),
        reconnects_(reconnects),
        slow_(slow),
        message_(size, '\0'),
        left_(messages),
        room_(64 * 1024) {
    for (std::size_t i = 0; i < size; ++i) message_[i] = static_cast<char>('a' + i % 26);
    slow_message_ = message_;
    if (size > 0) slow_message_.front() = 'z';
    times_us_.reserve(messages);
  }

  void connect(std::size_t connections) {
    for (std::size_t i = 0; i < connections; ++i)
      clients_.push_back({connect_one(), 0, 0, 0, false});
    for (std::size_t i = 0; i < connections; ++i) watch(EPOLL_CTL_ADD, i, EPOLLIN);
  }

  void run() {
    const std::int64_t start = now_ns();
    for (std::size_t i = 0; i < clients_.size() && left_ > 0; ++i) begin(i);
    std::vector<epoll_event> events(1024);
    while (running_ > 0) {
      const int count =
          ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 30'000);
      if (count <= 0) fail("no answer within 30 s");
      for (int n = 0; n < count; ++n) {
        const auto i = static_cast<std::size_t>(events[static_cast<std::size_t>(n)].data.u64);
        if ((events[static_cast<std::size_t>(n)].events & EPOLLOUT) != 0) send(i);
        receive(i);
      }
    }
    print(static_cast<double>(now_ns() - start) / 1e9);
  }

 private:
  struct Client {
    int fd;
    std::size_t sent;
    std::size_t received;
    std::int64_t start_ns;
    bool slow = false;
  };

  const std::string& message_of(const Client& client) const {
    return client.slow ? slow_message_ : message_;
  }

  int connect_one() const {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    address.sin_port = ::htons(static_cast<in_port_t>(port_));
    if (fd < 0 || ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      fail("cannot connect");
    }
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
  }

  void watch(int operation, std::size_t i, std::uint32_t what) {
    epoll_event event{};
    event.events = what;
    event.data.u64 = i;
    if (::epoll_ctl(epoll_, operation, clients_[i].fd, &event) != 0) fail("epoll_ctl");
  }

  void begin(std::size_t i) {
    --left_;
    ++running_;
    clients_[i].sent = clients_[i].received = 0;
    clients_[i].start_ns = now_ns();
    clients_[i].slow = slow_ && left_ % 100 == 0;
    send(i);
  }

  void send(std::size_t i) {
    Client& client = clients_[i];
    const bool waited = client.sent > 0;
    while (client.sent < message_.size()) {
      const ssize_t part = ::send(client.fd, message_of(client).data() + client.sent,
                                  message_.size() - client.sent, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (part < 0 && errno == EAGAIN) return watch(EPOLL_CTL_MOD, i, EPOLLIN | EPOLLOUT);
      if (part < 0) fail("cannot send");
      client.sent += static_cast<std::size_t>(part);
    }
    if (waited) watch(EPOLL_CTL_MOD, i, EPOLLIN);
  }

  void receive(std::size_t i) {
    Client& client = clients_[i];
    const ssize_t part = ::recv(client.fd, room_.data(), room_.size(), MSG_DONTWAIT);
    if (part < 0 && errno == EAGAIN) return;
    if (part <= 0) fail("the server ended a connection");
    const auto size = static_cast<std::size_t>(part);
    if (client.received + size > client.sent ||
        std::memcmp(room_.data(), message_of(client).data() + client.received, size) != 0) {
      std::fprintf(stderr, "echo_load: other bytes came back than were sent\n");
      std::exit(1);
    }
    client.received += size;
    if (client.received < message_.size()) return;
    if (!client.slow) {
      times_us_.push_back(static_cast<std::uint32_t>((now_ns() - client.start_ns) / 1000));
    }
    --running_;
    if (left_ == 0) return;
    if (reconnects_) reconnect(i);
    begin(i);
  }

  // A reset leaves no port behind that has to wait.
  void reconnect(std::size_t i) {
    const linger at_once{1, 0};
    ::setsockopt(clients_[i].fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ::close(clients_[i].fd);
    clients_[i].fd = connect_one();
    watch(EPOLL_CTL_ADD, i, EPOLLIN);
  }

  void print(double seconds) {
    std::sort(times_us_.begin(), times_us_.end());
    const auto quantile = [this](double q) {
      return times_us_[static_cast<std::size_t>(q * static_cast<double>(times_us_.size() - 1))];
    };
    std::printf("{\"messages\": %zu, \"rps\": %.0f, \"p50_us\": %u, \"p99_us\": %u}\n",
                times_us_.size(), static_cast<double>(times_us_.size()) / seconds, quantile(0.5),
                quantile(0.99));
  }

  const int port_;
  const bool reconnects_;
  const bool slow_;
  const int epoll_ = ::epoll_create1(0);
  std::string message_;
  std::string slow_message_;
  std::size_t left_;
  std::size_t running_ = 0;
  std::vector<Client> clients_;
  std::vector<char> room_;
  std::vector<std::uint32_t> times_us_;
};

}  // namespace

int main(int argc, char** argv) {
  const bool reconnects = argc == 6 && std::strcmp(argv[5], "reconnect") == 0;
  const bool slow = argc == 6 && std::strcmp(argv[5], "slow") == 0;
  if (argc != 5 && !reconnects && !slow) {
    std::fprintf(stderr, "usage: echo_load PORT CONNECTIONS SIZE MESSAGES [reconnect | slow]\n");
    return 2;
  }
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  Load load(std::atoi(argv[1]), static_cast<std::size_t>(std::atoll(argv[3])),
            static_cast<std::size_t>(std::atoll(argv[4])), reconnects, slow);
  load.connect(static_cast<std::size_t>(std::atoll(argv[2])));
  load.run();
}
