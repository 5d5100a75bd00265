// Socket options by name, as a command line or a program gives them: "user_timeout_ms=5000".
//
//   all sockets    send_buffer, receive_buffer (bytes), linger_s (only 0, a reset at each
//                    close: longer would make close() wait), busy_poll_us, device, transparent
//   TCP            nodelay, quickack, cork, user_timeout_ms, keepalive_idle_s,
//   keepalive_interval_s,
//                  keepalive_count, defer_accept_s, fastopen (length of its queue)
//   IPv6           v6only
//
// They are set on the listening socket, from which accepted ones inherit all but quickack and cork;
// those are set on each connection. A socket that connects gets all but those that concern
// accepting (defer_accept_s, fastopen). What does not concern an address's family is passed over.
// A value; main thread, before the engine listens.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "core/sockets.h"

namespace weir {

struct SocketOption;  // a row of the table of names

class SocketOptions {
 public:
  // A number in the option's range, for `device` an interface's name. The error says what is
  // expected, for "NAME VALUE: " to be put in front. Set again, the last value counts.
  Status set(std::string_view name, std::string_view value);

  // On a socket of this family that is going to listen. The error names option, value and reason.
  Status apply_to_listener(Sockets& sockets, int fd, int family) const;
  // On a socket of this family before it connects: what concerns accepting is passed over. Errors
  // as above.
  Status apply_to_connecting(Sockets& sockets, int fd, int family) const;
  // On a datagram socket; what concerns TCP is passed over.
  Status apply_to_datagram_socket(Sockets& sockets, int fd, int family) const;
  // On one that was accepted or has connected. Failures are passed over: the connection works
  // without.
  void apply_to_connection(Sockets& sockets, int fd, int family) const;

  // All there are.
  static std::vector<std::string_view> names();

 private:
  struct Setting {
    const SocketOption* option;
    int number;
    std::string text;  // of `device`
  };

  enum class Use { kAccepting, kConnecting, kDatagrams };

  Status apply_where(Use use, Sockets& sockets, int fd, int family) const;

  std::vector<Setting> settings_;
};

// Probes a TCP peer that has been silent for `idle_s` seconds (> 0); one that answers none of three
// probes in the same time again is gone, as Redis has it. Returns 0 or -errno.
int set_keepalive(Sockets& sockets, int fd, int idle_s);

}  // namespace weir
