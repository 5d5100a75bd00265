// One HTTP/1 connection: requests in, one after the other, answers out in their order.
//
//   first, next -> head -> (body) -> answer -> next, or closing
//
// Its time is bounded in every state, by deadlines that no byte moves: for the head, for the body
// by a least rate, for a peer that takes no output, for the next request. Its shard has it look at
// them as often as the shortest of them is long, so they cost requests nothing.
//
// Thread rule: that of core/session.h.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "codec/http_requests.h"
#include "core/connection.h"
#include "framing/frame_session.h"
#include "servers/http/exchange.h"
#include "servers/http/limits.h"
#include "servers/http/response.h"
#include "servers/http/shard.h"

namespace weir::http {

class Session final : public FrameSession<codec::HttpRequests> {
 public:
  Session(Shard& shard, Connection& connection);

  // What Later and Waker bring here from other threads.
  void answer_late(std::uint32_t request, const std::function<void(Response&)>& task);
  void wake(std::uint32_t request);

  // Has a writer go on that waits.
  void pump();

  void check_deadlines();

 private:
  // What the peer, or the server, is taking its time for.
  enum class Waiting : std::uint8_t { kFirst, kNext, kHead, kBody, kAnswer };

  Decoded decode(InputBuffer& input) override;
  void on_frame(Connection& connection, const codec::HttpPiece& piece) override;
  void on_failed(Connection& connection) override;
  void flushed(Connection& connection) override;
  void writable(Connection& connection) override;
  void moved(Connection& connection) override;
  void closed(Connection& connection, const Status& reason) override;

  void settle();
  void refuse(int status);
  Reactor& reactor() const { return connection_->reactor(); }
  const Limits& limits() const;
  void wait_for(Waiting waiting);
  std::uint32_t now_ms() const;
  std::int64_t left_ms();
  std::int64_t output_left_ms();
  void close_late();

  // In this order 120 bytes: idle connections are many.
  Waiting waiting_ = Waiting::kFirst;
  bool parked_ = false;        // no input is read until the answer is there
  bool armed_ = false;         // a timer will look, before the shard does
  std::uint32_t request_ = 0;  // their number, for wakers
  Shard* shard_;
  Connection* connection_;
  std::unique_ptr<Exchange> exchange_;  // of the request at hand
  // Milliseconds of the reactor's clock, their lower half.
  std::uint32_t since_ms_ = 0;   // it waits for that
  std::uint32_t moving_ms_ = 0;  // output was seen to move, or not to wait
  // Bytes that the peer had by then, and that it had been sent: their numbers' lower halves.
  std::uint32_t taken_ = 0;
  std::uint32_t asked_ = 0;
};

}  // namespace weir::http
