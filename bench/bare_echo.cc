// A server that is nothing but epoll: what the engine's cost per message is compared with. It
// echoes, or answers redis-benchmark's GET, SET and PING with the same bytes each time, whatever
// their keys.
//   bare_echo PORT [redis]
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

constexpr int kEvents = 1024;
char buffer[64 * 1024];

void watch(int epoll, int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

// Sends all of it, which a client that waits for its answer always has room for.
bool send_all(int fd, const char* bytes, size_t size) {
  for (size_t sent = 0; sent < size;) {
    const ssize_t part = ::send(fd, bytes + sent, size - sent, MSG_NOSIGNAL);
    if (part < 0) return false;
    sent += static_cast<size_t>(part);
  }
  return true;
}

bool echo(int fd) {
  const ssize_t size = ::recv(fd, buffer, sizeof buffer, 0);
  return size > 0 && send_all(fd, buffer, static_cast<size_t>(size));
}

// By the first letter behind the header of the name: keys and values of the benchmark have no '*'.
std::string_view reply_to(std::string_view request) {
  static const std::string value = "$64\r\n" + std::string(64, 'x') + "\r\n";
  const size_t name = request.find('$');
  const char letter = name + 4 < request.size() ? request[name + 4] : 'S';
  if (letter == 'G') return value;
  return letter == 'P' ? "+PONG\r\n" : "+OK\r\n";
}

bool answer(int fd) {
  static std::string replies;
  const ssize_t size = ::recv(fd, buffer, sizeof buffer, 0);
  if (size <= 0) return false;
  const std::string_view requests(buffer, static_cast<size_t>(size));
  replies.clear();
  for (size_t at = requests.find('*'); at != std::string_view::npos;
       at = requests.find('*', at + 1)) {
    replies += reply_to(requests.substr(at));
  }
  return send_all(fd, replies.data(), replies.size());
}

}  // namespace

int main(int argc, char** argv) {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  const int on = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  ::setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
  address.sin_port = ::htons(static_cast<in_port_t>(argc > 1 ? std::atoi(argv[1]) : 9000));
  if (::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener, 4096) != 0) {
    std::perror("bare_echo");
    return 1;
  }
  const auto serve = argc > 2 && std::string_view(argv[2]) == "redis" ? answer : echo;
  const int epoll = ::epoll_create1(0);
  watch(epoll, listener);
  static epoll_event events[kEvents];
  for (;;) {
    const int count = ::epoll_wait(epoll, events, kEvents, -1);
    for (int i = 0; i < count; ++i) {
      const int fd = events[i].data.fd;
      if (fd == listener) {
        const int accepted = ::accept(listener, nullptr, nullptr);
        if (accepted >= 0) watch(epoll, accepted);
      } else if (!serve(fd)) {
        ::close(fd);
      }
    }
  }
}
