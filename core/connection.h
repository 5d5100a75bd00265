// One socket of a reactor, and its states:
//
//   open --peer's FIN--> half-closed --all handled--> draining --all sent--> lingering --> closed
//     |                                                  ^            |                      ^
//     +---- close_after_flush() -------------------------+            +-- half-closed -------+
//     +---- close(), failure ----------------------------------------------------------------+
//
// draining: takes no more input, sends what is pending. lingering: told the peer that nothing more
// comes, and reads into the void until the peer closes too or a deadline passes, because closing
// with unread input would make the kernel reset the connection and destroy the last reply on its
// way (RFC 1122, 4.2.2.13). closed: only marked; the reactor reaps at the end of its tick, so a
// callback never sees a dead connection and no descriptor number is reused within a batch.
//
// Thread rule: everything on the thread of its reactor, checked in debug builds. Elsewhere keep
// the id() and go through Engine. Bounds: unread input by kMaxUnread, output by the watermarks: at
// the high one the connection stops reading and handling until the low one is reached. Memory that
// is refused on behalf of a connection, std::bad_alloc, costs that connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string_view>

#include "base/status.h"
#include "core/address.h"
#include "core/backend.h"
#include "core/buffer_budget.h"
#include "core/close_cause.h"
#include "core/connection_id.h"
#include "core/deadlines.h"
#include "core/input_buffer.h"
#include "core/moving.h"
#include "core/output_buffer.h"
#include "core/session.h"
#include "core/tcp_statistics.h"
#include "core/timer_wheel.h"

namespace weir {

class Reactor;

class Connection {
 public:
  // A decoder that lets more than this pile up without consuming it costs its connection.
  static constexpr std::size_t kMaxUnread = 16 * 1024 * 1024;
  static constexpr std::size_t kOutputHigh = 1024 * 1024;  // unless set_output_marks() says else
  static constexpr std::size_t kOutputLow = 256 * 1024;
  // Copying more than this costs as much as the system call that sending it later would save.
  static constexpr std::size_t kSentAtOnce = 16 * 1024;
  static constexpr int kLingerMs = 1000;
  static constexpr int kFlushMs = 30'000;
  // Input that may wait while answers are held back; then reading pauses.
  static constexpr std::size_t kHeldInput = 64 * 1024;

  Connection(Reactor& reactor, ConnectionId id, int fd, const Address& peer);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  ConnectionId id() const { return id_; }
  const Address& peer() const { return peer_; }
  // Asks the kernel. REQUIRES: not closed.
  Address local() const;
  int fd() const { return channel_.fd; }
  Reactor& reactor() const { return reactor_; }
  Session& session() const { return *session_; }

  // Input that nobody has consumed yet.
  std::string_view unread() const { return input_.unread(); }
  void consume(std::size_t n) { input_.consume(n); }
  void consume_all() { input_.consume_all(); }
  std::size_t input_capacity() const { return input_.capacity(); }

  // Queues bytes, sent within this tick; the first large piece, with nothing in front of it, is
  // sent at once, from where it lies. Dropped when the connection takes no more output.
  void write(std::string_view bytes);
  // Queues a part of a file, behind what was written before. A file that has become shorter when
  // its turn comes costs the connection.
  void write_file(FilePiece piece);
  // The queue itself, for writers that format in place. Whoever fills it outside of
  // Session::handle() and the service calls flush_later().
  OutputBuffer& output() { return output_; }
  const OutputBuffer& output() const { return output_; }
  void flush_later();
  // True from the high watermark down to the low one: a session that produces much looks here
  // between its requests, and goes on in the next handle().
  bool output_full() const { return output_full_ || is_above_mark(); }

  // The watermarks of the output, in bytes; while the process' buffer budget is tight lower ones
  // are in force, see core/buffer_budget.h. A protocol whose clients may write all their requests
  // before they read a reply wants a high mark above what those ask for.
  void set_output_marks(std::size_t high, std::size_t low);

  // Calls task(this): an exception that escapes costs this connection, as in its session.
  void run(const std::function<void(Connection*)>& task);

  // Tells the peer, behind what is queued, that nothing more comes; its own stream goes on. What is
  // written from here on is dropped.
  void end_output();

  // Sends what is queued, takes no more input, closes; a peer that takes nothing for deadline_ms
  // gets no more.
  void close_after_flush(int deadline_ms = kFlushMs);
  // The same for a peer at fault: `reason` goes to Session::closed(), whatever ends it meanwhile.
  // REQUIRES: an error.
  void close_after_flush(Status reason);
  // Drops what is queued, closes at the end of the tick. `reason` goes to Session::closed().
  void close(Status reason = Status::ok());

  // As close(), and the peer sees a reset: nothing that was written is worth waiting for.
  void abort(Status reason = Status::ok());

  // An answer is still to come, from another thread or a timer: until release() was called as often
  // the peer's end of stream, or a stop (to its deadline), closes nothing. release() also asks the
  // session again about unread input, which it may have left alone meanwhile.
  void hold() { ++held_; }
  void release();
  // Asks the session about its unread input although none has arrived.
  void wake() { process(); }

  // The peer is left alone, and in time finds its own output full.
  void pause_reading();
  void resume_reading();

  // Moves to `reactor` at the end of this tick, with its session, what is unread and what is
  // unsent; Session::moved() follows there, under another id(): who has the present one will find
  // nobody. Until then no further request is handled. False where it stays: it closes, it holds an
  // answer back, it is sending a file, it has ended its output, it is pinned, or that is its
  // reactor.
  bool move_to(Reactor& reactor);
  // It stays here: more than its session depends on this reactor.
  void pin() { pinned_ = true; }

  // Replaces the deadlines; a missed one closes the connection, and says so in its reason.
  void set_deadlines(const Deadlines::Limits& limits);
  void handshake_done();

  // Handed to the kernel since it was opened here.
  std::uint64_t bytes_sent() const { return bytes_sent_; }

  // Runs `task` here unless the connection is closed by then; Reactor::cancel() takes it back.
  TimerId run_after(std::int64_t delay_ms, std::function<void(Connection*)> task);

  // What the kernel tells of it: also in Session::closed(), when it is about to go.
  Result<TcpStatistics> tcp_statistics() const;

  bool is_open() const { return state_ == State::kOpen || state_ == State::kHalfClosed; }
  bool is_closed() const { return state_ == State::kClosed; }

 private:
  friend class Reactor;  // drives the life of the connections it owns
  friend class ParallelIo;
  friend class BufferPressure;

  enum class State : std::uint8_t { kOpen, kHalfClosed, kDraining, kLingering, kClosed };

  // What an I/O thread found in new input before the reactor handles it.
  struct Ahead {
    Decoded decoded = Decoded::kNeedMore;
    std::size_t unread = 0;  // before it was decoded
    std::exception_ptr error = nullptr;
  };
  // A send, before its result was looked at.
  struct Sending {
    ssize_t result;
    std::size_t total;
  };

  // Whatever escapes from `work` costs this connection, and nothing else.
  template <class Work>
  void contain(Work&& work) {
    try {
      work();
    } catch (...) {
      fail_by_exception();
    }
  }
  void close(CloseCause cause, Status reason = Status::ok());
  void open_session(const Service& service);
  bool can_move() const;
  std::unique_ptr<Moving> take_along();
  void arrive(Moving& moving);
  void stay();
  void end_session();
  void receive(std::string_view bytes);
  Ahead decode_ahead(std::string_view bytes);
  void forget_input() {  // of one that is closed, and whose input goes before it does
    decoded_ahead_ = false;
    input_.consume_all();
  }
  void receive_decoded(std::size_t size, const Ahead& ahead);
  void process(const Ahead* ahead = nullptr);
  void run_session(const Ahead* ahead);
  void settle();
  void keep_input() {
    if (!input_.empty() || input_counted_ > 0) store_input();
  }
  void keep_received(std::string_view bytes);
  void store_input();
  void note_received(std::size_t size);
  void check_unread();
  void peer_ended();
  void fail(int error);
  void fail_by_exception() noexcept;  // in a catch block
  std::size_t send_at_once(std::string_view bytes);
  void note_sent(std::size_t size);
  void flush();
  bool start_flush();
  bool queue_send();
  Sending transmit() const;
  void finish_flush(Sending sending);
  // Reading stops at the high watermark and resumes at the low one.
  void note_output() {
    if (is_above_mark()) output_full_ = true;
    settle_reading();
  }
  // For who then tells the session that there is room: go_on_writing().
  void settle_output() {
    if (is_below_mark()) output_full_ = false;
    note_output();
  }
  void go_on_writing(bool was_full);
  void budget_eased();
  void close_for_budget(std::size_t bytes, std::uint64_t limit);
  // Only who has much to send asks whether the budget is tight.
  bool is_above_mark() const {
    return output_.size() >= output_high_ ||
           (output_.size() >= BufferBudget::kTightOutput && budget_is_tight());
  }
  bool is_below_mark() const {
    return output_.size() <= output_low_ &&
           (output_.size() <= BufferBudget::kTightOutput / 4 || !budget_is_tight());
  }
  bool budget_is_tight() const;
  std::size_t buffered() const { return input_.capacity() + output_.capacity(); }
  void count_waiting_output();
  void watch_draining();
  void finish_draining();
  void go_on_lingering(int untaken, int rounds);
  void settle_reading() {
    if (wants_to_read() != channel_.reading && state_ == State::kOpen) change_reading();
  }
  bool wants_to_read() const {
    const bool enough = held_ > 0 && input_.unread().size() >= kHeldInput;
    return !output_full_ && !paused_ && !enough;
  }
  void change_reading();
  void watch_deadlines();
  void check_deadlines();
  void call_session(void (Session::*hook)(Connection&));
  void begin_stop();
  void go_on_stopping();
  bool has_drained() const;
  bool peer_has_everything() const;

  Reactor& reactor_;
  const ConnectionId id_;
  Channel channel_;
  State state_ = State::kOpen;
  CloseCause close_cause_ = CloseCause::kLocal;  // while it is open: that of an end in order
  bool output_full_ = false;
  bool flush_queued_ = false;
  bool sent_at_once_ = false;  // and Session::flushed() is still to be called for it
  bool output_ended_ = false;
  bool paused_ = false;
  bool pinned_ = false;
  bool in_session_ = false;
  bool gathered_ = false;       // a read of it waits for the I/O threads
  bool decoded_ahead_ = false;  // receive_decoded() is still to come
  bool asked_again_ = false;    // by wake() or release() meanwhile
  std::uint32_t held_ = 0;
  InputBuffer input_;
  OutputBuffer output_;
  std::size_t output_high_ = kOutputHigh;
  std::size_t output_low_ = kOutputLow;
  std::unique_ptr<Session> session_;
  Reactor* moving_to_ = nullptr;
  int flush_ms_ = 0;
  TimerId closing_timer_;  // of draining, then of lingering
  std::unique_ptr<Deadlines> deadlines_;
  TimerId deadline_timer_;
  std::size_t last_input_ = 0;  // bytes that had arrived when the reactor was stopped, still unread
  std::size_t input_counted_ = 0;  // of its storage, in the reactor's account
  std::uint64_t bytes_sent_ = 0;
  std::size_t waiting_output_ = 0;  // counted in the reactor's output_waiting
  Status close_reason_;
  const Address peer_;
};

}  // namespace weir
