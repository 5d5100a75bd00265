// A reactor's part of an HTTP server: the date, the counts, the log's lines, and the order in which
// its connections are looked at for deadlines.
//
// The reactor's thread only, but for the counts.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "core/connection_id.h"
#include "core/counter.h"
#include "core/histogram.h"
#include "core/reactor.h"
#include "core/tenant.h"
#include "servers/http/access_log.h"

namespace weir::http {

class Exchange;
class Server;

struct Counts {
  Counter connections;
  Counter requests;
  std::array<Counter, 6> answers;  // by the class of their status: [2] has 200 to 299
  Counter late;                    // connections that missed a deadline
  Histogram answer_us;  // from the tick that brought a request to its answer's last byte written
};

class Shard final : private Tenant {
 public:
  Shard(Server& server, Reactor& reactor);
  ~Shard() override;
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  Server& server() const { return server_; }
  Reactor& reactor() const { return reactor_; }
  // "Date: ...\r\n" of now.
  std::string_view date();
  // Since 1970.
  std::int64_t seconds() {
    date();
    return seconds_;
  }

  // For a request, and back.
  std::unique_ptr<Exchange> take_exchange();
  void give_back(std::unique_ptr<Exchange> exchange);

  // Has the connection's session looked at once, in as long as the shortest deadline is.
  void watch(ConnectionId id);

  // `began_us` is when the tick started that brought the request.
  void note_answer(int status, std::int64_t began_us);
  void log(const LogEntry& entry, int status, std::uint64_t bytes);
  Counts& counts() { return counts_; }
  const Counts& counts() const { return counts_; }

 private:
  // In a queue of its own, not a timer each: all wait for as long, so it is sorted, and an idle
  // connection costs 16 bytes instead of 56. One that has closed is not found when its turn comes.
  struct Watch {
    ConnectionId id;
    std::uint32_t look_ms;  // of the reactor's clock, its lower half
  };
  // Looks in a row, so that many connections do not stop the traffic.
  static constexpr int kLooksPerTick = 1000;

  // Asks the writers that wait: what has no end of its own is to end now.
  void begin_stop() override;

  void look();
  void look_in(std::int64_t delay_ms);
  void note_tick();
  void finish_tick();

  Server& server_;
  Reactor& reactor_;
  std::deque<Watch> watched_;
  std::unique_ptr<Exchange> spare_;
  std::int64_t asked_ms_ = -1;  // for the date
  std::int64_t seconds_ = -1;
  std::string date_;
  Counts counts_;
  std::uint64_t answered_ = 0;  // requests of this tick
  std::string log_lines_;       // of this tick
  bool tick_noted_ = false;
};

}  // namespace weir::http
