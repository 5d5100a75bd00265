#include "core/socket_options.h"

#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <climits>

#include "core/flags.h"

namespace weir {

struct SocketOption {
  enum class Family { kAny, kTcp, kIp6 };
  // kBoth: before it listens or connects.
  enum class Place { kBoth, kListener, kConnection };

  std::string_view name;
  int level;
  int option;
  int min;
  int max;
  Family family = Family::kAny;
  Place place = Place::kBoth;

  bool is_device() const { return level == SOL_SOCKET && option == SO_BINDTODEVICE; }
  bool concerns(int address_family) const {
    if (family == Family::kIp6) return address_family == AF_INET6;
    return family == Family::kAny || address_family != AF_UNIX;
  }
};

namespace {

using Family = SocketOption::Family;
using Place = SocketOption::Place;

constexpr int kSecondsMax = 32767;  // the kernel's, of the keepalive times

constexpr std::array<SocketOption, 16> kTable = {{
    {"send_buffer", SOL_SOCKET, SO_SNDBUF, 1, INT_MAX / 2},
    {"receive_buffer", SOL_SOCKET, SO_RCVBUF, 1, INT_MAX / 2},
    {"linger_s", SOL_SOCKET, SO_LINGER, 0, 0},
    {"busy_poll_us", SOL_SOCKET, SO_BUSY_POLL, 0, 1'000'000},
    {"device", SOL_SOCKET, SO_BINDTODEVICE, 0, 0},
    {"transparent", IPPROTO_IP, IP_TRANSPARENT, 0, 1, Family::kTcp},
    {"nodelay", IPPROTO_TCP, TCP_NODELAY, 0, 1, Family::kTcp},
    {"quickack", IPPROTO_TCP, TCP_QUICKACK, 0, 1, Family::kTcp, Place::kConnection},
    {"cork", IPPROTO_TCP, TCP_CORK, 0, 1, Family::kTcp, Place::kConnection},
    {"user_timeout_ms", IPPROTO_TCP, TCP_USER_TIMEOUT, 0, INT_MAX, Family::kTcp},
    {"keepalive_idle_s", IPPROTO_TCP, TCP_KEEPIDLE, 1, kSecondsMax, Family::kTcp},
    {"keepalive_interval_s", IPPROTO_TCP, TCP_KEEPINTVL, 1, kSecondsMax, Family::kTcp},
    {"keepalive_count", IPPROTO_TCP, TCP_KEEPCNT, 1, 127, Family::kTcp},
    {"defer_accept_s", IPPROTO_TCP, TCP_DEFER_ACCEPT, 0, kSecondsMax, Family::kTcp,
     Place::kListener},
    {"fastopen", IPPROTO_TCP, TCP_FASTOPEN, 0, 65535, Family::kTcp, Place::kListener},
    {"v6only", IPPROTO_IPV6, IPV6_V6ONLY, 0, 1, Family::kIp6},
}};

int apply(Sockets& sockets, int fd, const SocketOption& option, int number,
          const std::string& text) {
  if (option.is_device()) {
    return sockets.set_option(fd, option.level, option.option, text.data(),
                              static_cast<socklen_t>(text.size()));
  }
  if (option.option == SO_LINGER && option.level == SOL_SOCKET) {
    const linger value{1, number};
    return sockets.set_option(fd, option.level, option.option, &value, sizeof value);
  }
  return sockets.set_option(fd, option.level, option.option, number);
}

}  // namespace

Status SocketOptions::set(std::string_view name, std::string_view value) {
  const Result<std::size_t> index = parse_choice(name, names());
  if (!index.is_ok()) return index.status();
  const SocketOption& option = kTable[index.value()];
  Setting setting{&option, 0, ""};
  if (option.is_device()) {
    if (value.empty() || value.size() >= IFNAMSIZ) {
      return Status::error("expected the name of a network interface");
    }
    setting.text = value;
  } else {
    const Result<std::uint64_t> number = parse_uint(value, static_cast<std::uint64_t>(option.min),
                                                    static_cast<std::uint64_t>(option.max));
    if (!number.is_ok()) return number.status();
    setting.number = static_cast<int>(number.value());
  }
  std::erase_if(settings_, [&option](const Setting& old) { return old.option == &option; });
  settings_.push_back(std::move(setting));
  return Status::ok();
}

Status SocketOptions::apply_to_listener(Sockets& sockets, int fd, int family) const {
  return apply_where(Use::kAccepting, sockets, fd, family);
}

Status SocketOptions::apply_to_connecting(Sockets& sockets, int fd, int family) const {
  return apply_where(Use::kConnecting, sockets, fd, family);
}

Status SocketOptions::apply_to_datagram_socket(Sockets& sockets, int fd, int family) const {
  return apply_where(Use::kDatagrams, sockets, fd, family);
}

Status SocketOptions::apply_where(Use use, Sockets& sockets, int fd, int family) const {
  for (const Setting& setting : settings_) {
    const SocketOption& option = *setting.option;
    const bool wanted = option.place == Place::kBoth ||
                        (use != Use::kConnecting && option.place == Place::kListener);
    if (!wanted || !option.concerns(family)) continue;
    if (use == Use::kDatagrams && option.level == IPPROTO_TCP) continue;
    const int result = apply(sockets, fd, option, setting.number, setting.text);
    if (result >= 0) continue;
    const std::string value = setting.text.empty() ? std::to_string(setting.number) : setting.text;
    return Status::from_errno(
        -result, "cannot set the socket option " + std::string(option.name) + "=" + value);
  }
  return Status::ok();
}

void SocketOptions::apply_to_connection(Sockets& sockets, int fd, int family) const {
  for (const Setting& setting : settings_) {
    const SocketOption& option = *setting.option;
    if (option.place != Place::kConnection || !option.concerns(family)) continue;
    apply(sockets, fd, option, setting.number, setting.text);
  }
}

int set_keepalive(Sockets& sockets, int fd, int idle_s) {
  constexpr int kProbes = 3;
  int result = sockets.set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  if (result >= 0) result = sockets.set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, idle_s);
  if (result >= 0) {
    const int interval_s = std::max(idle_s / kProbes, 1);
    result = sockets.set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, interval_s);
  }
  return result >= 0 ? sockets.set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, kProbes) : result;
}

std::vector<std::string_view> SocketOptions::names() {
  std::vector<std::string_view> names;
  for (const SocketOption& option : kTable) names.push_back(option.name);
  return names;
}

}  // namespace weir
