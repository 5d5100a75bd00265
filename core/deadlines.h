// What a connection may take its time for, and how long. Pure bookkeeping on the reactor's clock:
// it says when to look again and what was missed, its connection closes.
// Owner's thread only.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace weir {

class Deadlines {
 public:
  // Milliseconds; 0: for ever.
  struct Limits {
    std::int64_t handshake_ms = 0;  // from the start until handshake_done()
    std::int64_t idle_ms = 0;       // without a byte in either direction
    std::int64_t read_ms = 0;       // without a byte received
    std::int64_t write_ms = 0;      // without progress while output waits for the peer
  };
  // The missed one's name, and its limit.
  struct Missed {
    std::string_view what;
    std::int64_t limit_ms;
  };

  Deadlines(const Limits& limits, std::int64_t now_ms)
      : limits_(limits),
        opened_ms_(now_ms),
        received_ms_(now_ms),
        sent_ms_(now_ms),
        reading_since_ms_(now_ms) {}

  void received(std::int64_t now_ms) { received_ms_ = now_ms; }
  // Output was handed to the kernel, or could not be; `waiting`: some is left.
  void sent(std::int64_t now_ms, bool progress, bool waiting);
  // Whether the owner reads at all: who isn't listened to can't be late.
  void reading(bool on, std::int64_t now_ms);
  void received_all() { limits_.read_ms = 0; }
  void handshake_done() { limits_.handshake_ms = 0; }

  std::optional<Missed> missed(std::int64_t now_ms) const;
  // When the first of them can be missed, if nothing happens before; nothing without limits.
  std::optional<std::int64_t> next_ms() const;

 private:
  struct Due {
    std::string_view what;
    std::int64_t limit_ms;
    std::int64_t since_ms;
    bool counts() const { return limit_ms > 0; }
    std::int64_t at_ms() const { return since_ms + limit_ms; }
  };
  template <class Visit>
  void for_each(Visit&& visit) const;

  Limits limits_;
  std::int64_t opened_ms_;
  std::int64_t received_ms_;
  std::int64_t sent_ms_;
  bool reading_ = true;
  std::int64_t reading_since_ms_;
  std::optional<std::int64_t> waiting_since_ms_;
};

}  // namespace weir
