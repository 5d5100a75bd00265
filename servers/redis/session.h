// A client's connection: RESP requests in, replies out. Joins codec/ and core/.
// Thread rule: weir::Session's. decode() uses the decoder, the batch and the constant command
// table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string_view>

#include "codec/resp_request.h"
#include "core/connection.h"
#include "core/cycle_clock.h"
#include "core/session.h"
#include "servers/redis/batch.h"
#include "servers/redis/client.h"
#include "servers/redis/client_rounds.h"
#include "servers/redis/command_meter.h"
#include "servers/redis/executor.h"
#include "servers/redis/outbox.h"
#include "servers/redis/server.h"
#include "servers/redis/stored_request.h"

namespace weir::redis {

class RedisSession final : public Recipient {
 public:
  RedisSession(Server& server, Connection& connection);
  ~RedisSession() override;

  Client& client() override { return client_; }
  Decoded decode(InputBuffer& input) override;
  void handle(Connection& connection) override;
  void ended(Connection& connection) override;
  void flushed(Connection& connection) override;
  void closed(Connection& connection, const Status& reason) override;
  void delivered(Connection& connection) override;
  void has_room(Connection& connection) override;
  void look_after(Connection& connection, std::int64_t now_ms) override;

 private:
  // One for all that a batch executes, unless that takes long.
  struct Time {
    CommandMeter& meter;  // the reactor's
    std::int64_t now_ms;
    CycleClock::Ticks read_at;
  };

  void run_batch(Connection& connection);
  void start_fetches();
  Time start_time(const Connection& connection);
  bool run_some(Connection& connection, std::span<const Request>& left, Time& time);
  bool run(Connection& connection, const Request& request, Time& time);
  bool settle(Connection& connection, Time& time);
  void finish_batch(Connection& connection);
  void finish_broken(Connection& connection);
  void update_limits();
  void note_sizes(const Connection& connection);
  void check_output(Connection& connection, std::int64_t now_ms);
  void cut_off(Connection& connection, const Status& reason);
  void block(Connection& connection);
  void leave(Connection& connection);
  void end_wait(Connection& connection);
  void resume(Connection& connection, std::string_view reply);
  void run_postponed(Connection& connection);
  // Whether there is anything that a request could have to wait for.
  bool may_wait(std::int64_t now_ms) const {
    return server_.outbox().is_full() || server_.pause().lasts(now_ms);
  }
  bool must_wait(Connection& connection, const Request& request, std::int64_t now_ms);
  bool waits_for_pause(Connection& connection, const Request& request, std::int64_t now_ms);
  void look_again(Connection& connection);
  void go_on(Connection& connection);
  // Nothing more is executed until something happens.
  bool is_blocked() const {
    return waits_for_room_ || client_.waiter.waits() ||
           client_.paused.load(std::memory_order_relaxed);
  }

  Server& server_;
  Client client_;
  Executor executor_;
  codec::RequestDecoder decoder_;
  ClientRounds& rounds_;          // the reactor's
  BatchPool& batches_;            // the reactor's
  std::unique_ptr<Batch> batch_;  // from decode() to handle()
  std::size_t batch_bytes_ = 0;   // of the input, consumed when the batch has run
  bool broken_ = false;           // the input behind the batch is no request
  // What the client has sent behind a command that waits, or has to wait itself. Meanwhile the
  // connection is held and nothing is decoded.
  std::deque<StoredRequest> postponed_;
  bool waits_for_room_ = false;  // in the outbox, to which it will come
  bool peer_has_ended_ = false;  // what it has sent is all there will be
  TimerId pause_timer_;          // of the last pause
  std::uint64_t sent_ = 0;       // by the connection, when it was last looked after
};

}  // namespace weir::redis
