// One HTTP/1 connection: requests in, one after the other, answers out in their order.
//
//   idle -> head -> (body) -> handled -> (answered later, streamed) -> idle or closing
//
// Its time is bounded in every state, by deadlines that no byte moves: for the head, for the body
// by a least rate, for a peer that takes no output, for the next request. One timer watches them
// all: it looks as often as the shortest deadline is long, and costs requests nothing.
//
// Thread rule: that of core/session.h.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "codec/http_requests.h"
#include "codec/http_response.h"
#include "core/connection.h"
#include "core/timer_wheel.h"
#include "framing/frame_session.h"
#include "servers/http/body_writer.h"
#include "servers/http/handler.h"
#include "servers/http/response.h"
#include "servers/http/router.h"

namespace weir::http {

struct Limits;
class Shard;

class Session final : public FrameSession<codec::HttpRequests> {
 public:
  Session(Shard& shard, Connection& connection);
  ~Session() override;

  // What Later and Waker bring here from other threads.
  void answer_late(const std::function<void(Response&)>& task);
  void wake(std::uint32_t request);

 private:
  friend class Response;
  struct Exchange;

  // What the peer, or the server, is taking its time for.
  enum class Waiting : std::uint8_t { kFirst, kNext, kHead, kBody, kAnswer };

  // What of the request at hand bears on its answer.
  struct Current {
    bool head_only = false;
    bool http_1_0 = false;
    bool keep_alive = false;
    bool whole = false;     // its body has been read
    bool answered = false;  // the head of the answer at least
    bool awaited = false;   // the answer, or the rest of it, comes later
    bool parked = false;    // and until then no input is read
  };

  Decoded decode(InputBuffer& input) override;
  void on_frame(Connection& connection, codec::HttpPiece piece) override;
  void on_failed(Connection& connection) override;
  void writable(Connection& connection) override;
  void moved(Connection& connection) override;
  void closed(Connection& connection, const Status& reason) override;

  void begin(const codec::HttpPiece& piece);
  void go_on(const codec::HttpPiece& piece);
  bool refuse(const codec::HttpHead& head, const Match& match);
  void keep_head(const codec::HttpHead& head);
  void offer_to_continue(const codec::HttpPiece& piece);
  void take_body(const codec::HttpPiece& piece);
  void call_handler(const codec::HttpHead& head, std::string_view body, const Match& match);
  template <class Task>
  void answer(const Task& task, bool more_to_read);
  std::uint64_t max_body(const Match& match) const;

  void reply(const Response& response, std::string_view body);
  void reply(const Response& response, const std::vector<BodyPart>& parts);
  void write_file(const FilePiece& piece);
  void reply_status(int status, std::string_view fields = {});
  void start_stream(const Response& response, std::unique_ptr<BodyWriter> writer, bool sized,
                    std::uint64_t length);
  bool may_answer() const;
  void write(codec::HttpReply& reply, std::string_view body);
  void finish_answer();
  void pump();
  void park();
  void go_on_reading();
  Later await_later();
  void read_body(std::unique_ptr<BodyReader> reader);
  Exchange& exchange();

  Reactor& reactor() const { return connection_->reactor(); }
  const Limits& limits() const;
  void wait_for(Waiting waiting);
  void watch(std::int64_t delay_ms);
  std::int64_t due_ms() const;
  bool output_stalls();
  void check_deadlines();
  void close_late();

  Shard* shard_;
  Connection* connection_;
  std::unique_ptr<Exchange> exchange_;  // of a request that isn't answered within one call
  TimerId timer_;
  std::int64_t since_ms_ = 0;     // it waits for that
  std::int64_t moving_ms_ = 0;    // output was seen to move, or not to wait
  std::uint64_t sent_ = 0;        // bytes, by then
  std::uint64_t body_bytes_ = 0;  // of the request's body, read
  std::uint32_t request_ = 0;     // their number, for wakers
  Waiting waiting_ = Waiting::kFirst;
  Current current_;
};

}  // namespace weir::http
