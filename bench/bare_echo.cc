// An echo server that is nothing but epoll: what the engine's cost per message is compared with.
//   bare_echo PORT
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace {

constexpr int kEvents = 1024;
char buffer[64 * 1024];

void watch(int epoll, int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

// Sends all of it, which a client that waits for its echo always has room for.
bool echo(int fd) {
  const ssize_t size = ::recv(fd, buffer, sizeof buffer, 0);
  if (size <= 0) return false;
  for (ssize_t sent = 0; sent < size;) {
    const ssize_t part = ::send(fd, buffer + sent, static_cast<size_t>(size - sent), MSG_NOSIGNAL);
    if (part < 0) return false;
    sent += part;
  }
  return true;
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
      } else if (!echo(fd)) {
        ::close(fd);
      }
    }
  }
}
