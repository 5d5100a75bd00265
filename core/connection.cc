#include "core/connection.h"

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <new>
#include <string>
#include <utility>

#include "base/check.h"
#include "core/log.h"
#include "core/reactor.h"

namespace weir {
namespace {

// The address for the log, where memory may have run out.
std::string name_of(const Address& peer) noexcept {
  try {
    return peer.to_string();
  } catch (const std::bad_alloc&) {
    return "a connection";  // short enough for a string to need none
  }
}

}  // namespace

Connection::Connection(Reactor& reactor, ConnectionId id, int fd, const Address& peer)
    : reactor_(reactor), id_(id), output_(reactor.chunk_pool_), peer_(peer) {
  channel_.fd = fd;
  channel_.owner = this;
}

Connection::~Connection() {
  reactor_.pressure_.count_input(-static_cast<std::ptrdiff_t>(input_counted_));
}

Address Connection::local() const {
  WEIR_DCHECK(reactor_.in_thread());
  sockaddr_storage local{};
  socklen_t length = sizeof local;
  auto* const address = reinterpret_cast<sockaddr*>(&local);
  if (reactor_.sockets_.local_address(channel_.fd, address, &length) < 0) return Address();
  return Address::from_sockaddr(address, length);
}

void Connection::close_after_flush(int deadline_ms) {
  WEIR_DCHECK(reactor_.in_thread());
  if (!is_open()) return;
  const bool peer_done = state_ == State::kHalfClosed;
  state_ = State::kDraining;
  input_.consume_all();
  reactor_.backend_->set_reading(channel_, !peer_done);
  if (!in_session_) keep_input();
  if (deadlines_ != nullptr) deadlines_->received_all();
  flush_ms_ = deadline_ms;
  watch_draining();
  flush_later();
}

void Connection::close_after_flush(Status reason) {
  WEIR_DCHECK(reactor_.in_thread());
  WEIR_CHECK(!reason.is_ok());
  if (!is_open()) return;
  close_cause_ = CloseCause::kError;
  close_reason_ = std::move(reason);
  close_after_flush();
}

void Connection::watch_draining() {
  reactor_.cancel(closing_timer_);
  closing_timer_ = reactor_.schedule(flush_ms_, [this] {
    contain([this] {
      close(CloseCause::kTimeout, Status::error("the peer has taken none of its last bytes for " +
                                                std::to_string(flush_ms_) + " ms"));
    });
  });
}

void Connection::abort(Status reason) {
  WEIR_DCHECK(reactor_.in_thread());
  if (state_ == State::kClosed) return;
  const linger at_once{1, 0};
  reactor_.sockets_.set_option(channel_.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close(CloseCause::kAbort, std::move(reason));
}

void Connection::release() {
  WEIR_DCHECK(reactor_.in_thread());
  WEIR_CHECK(held_ > 0);
  --held_;
  process();
}

void Connection::pause_reading() {
  paused_ = true;
  settle_reading();
}

void Connection::resume_reading() {
  paused_ = false;
  settle_reading();
}

void Connection::change_reading() {
  const bool reading = !channel_.reading;
  reactor_.backend_->set_reading(channel_, reading);
  if (deadlines_ == nullptr) return;
  deadlines_->reading(reading, reactor_.now_ms());
  watch_deadlines();
}

void Connection::set_deadlines(const Deadlines::Limits& limits) {
  WEIR_DCHECK(reactor_.in_thread());
  deadlines_ = std::make_unique<Deadlines>(limits, reactor_.now_ms());
  deadlines_->sent(reactor_.now_ms(), false, !output_.empty());
  deadlines_->reading(channel_.reading, reactor_.now_ms());
  watch_deadlines();
}

void Connection::handshake_done() {
  if (deadlines_ != nullptr) deadlines_->handshake_done();
}

// One timer, set for the first that may be missed. What happens until then only postpones it, so
// traffic costs the timer nothing.
void Connection::watch_deadlines() {
  reactor_.cancel(deadline_timer_);
  const auto next_ms = deadlines_->next_ms();
  if (!next_ms || state_ == State::kClosed) return;
  const std::int64_t delay_ms = std::max<std::int64_t>(*next_ms - reactor_.now_ms(), 1);
  deadline_timer_ = reactor_.schedule(delay_ms, [this] { contain([this] { check_deadlines(); }); });
}

void Connection::check_deadlines() {
  const auto missed = deadlines_->missed(reactor_.now_ms());
  if (!missed) return watch_deadlines();
  close(CloseCause::kTimeout, Status::error("its " + std::string(missed->what) + " deadline of " +
                                            std::to_string(missed->limit_ms) + " ms has passed"));
}

TimerId Connection::run_after(std::int64_t delay_ms, std::function<void(Connection*)> task) {
  return reactor_.schedule(delay_ms, [&reactor = reactor_, id = id_, task = std::move(task)] {
    Connection* connection = reactor.find(id);
    if (connection != nullptr) connection->run(task);
  });
}

Result<TcpStatistics> Connection::tcp_statistics() const {
  WEIR_DCHECK(reactor_.in_thread());
  return read_tcp_statistics(reactor_.sockets_, channel_.fd);
}

void Connection::close(Status reason) {
  const CloseCause cause = reason.is_ok() ? close_cause_ : CloseCause::kError;
  close(cause, std::move(reason));
}

void Connection::close(CloseCause cause, Status reason) {
  WEIR_DCHECK(reactor_.in_thread());
  if (state_ == State::kClosed) return;
  state_ = State::kClosed;
  if (close_reason_.is_ok()) {  // else close_after_flush() has told both
    close_cause_ = cause;
    close_reason_ = std::move(reason);
  }
  // No further event of this batch reaches the session; the kernel is told when it is reaped.
  channel_.reading = false;
  reactor_.cancel(closing_timer_);
  reactor_.cancel(deadline_timer_);
  if (moving_to_ == nullptr) reactor_.to_reap_.push_back(this);
}

bool Connection::move_to(Reactor& reactor) {
  WEIR_DCHECK(reactor_.in_thread());
  if (!can_move() || moving_to_ != nullptr || &reactor == &reactor_) return false;
  if (reactor.has_ended()) return false;
  moving_to_ = &reactor;
  reactor_.to_reap_.push_back(this);
  return true;
}

bool Connection::can_move() const {
  return is_open() && held_ == 0 && !output_.has_files() && !output_ended_ && !pinned_;
}

// The descriptor stays open, and nobody's.
std::unique_ptr<Moving> Connection::take_along() {
  auto moving = std::make_unique<Moving>();
  moving->unread = input_.unread();
  iovec pieces[64];
  while (!output_.empty()) {
    const std::size_t count = output_.pieces(pieces, std::size(pieces));
    std::size_t size = 0;
    for (std::size_t i = 0; i < count; ++i) {
      moving->unsent.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
      size += pieces[i].iov_len;
    }
    output_.consume(size);
  }
  moving->output_high = output_high_;
  moving->output_low = output_low_;
  moving->half_closed = state_ == State::kHalfClosed;
  moving->paused = paused_;
  moving->deadlines = std::move(deadlines_);
  moving->session = std::move(session_);
  reactor_.cancel(deadline_timer_);
  return moving;
}

// What came meanwhile waits to be handled.
void Connection::stay() {
  moving_to_ = nullptr;
  if (is_open()) process();
}

void Connection::arrive(Moving& moving) {
  session_ = std::move(moving.session);
  deadlines_ = std::move(moving.deadlines);
  if (moving.half_closed) state_ = State::kHalfClosed;
  channel_.reading = !moving.half_closed;
  output_high_ = moving.output_high;
  output_low_ = moving.output_low;
  paused_ = moving.paused;
  output_.append(moving.unsent);
  input_.lend(moving.unread);
  keep_input();
  if (deadlines_ != nullptr) watch_deadlines();
  session_->moved(*this);
  process();
}

void Connection::open_session(const Service& service) {
  contain([this, &service] {
    session_ = service(*this);
    WEIR_CHECK(session_ != nullptr);
  });
  if (!output_.empty()) flush_later();
}

void Connection::receive(std::string_view bytes) {
  note_received(bytes.size());
  if (!is_open()) return;  // draining and lingering discard
  input_.lend(bytes);
  process();
  check_unread();
}

// On an I/O thread. REQUIRES: open; receive_decoded() follows on the reactor in the same tick.
Connection::Ahead Connection::decode_ahead(std::string_view bytes) {
  decoded_ahead_ = true;
  Ahead ahead;
  try {
    input_.lend(bytes);
    ahead.unread = input_.unread().size();
    ahead.decoded = session_->decode(input_);
  } catch (...) {
    ahead.error = std::current_exception();
  }
  return ahead;
}

void Connection::receive_decoded(std::size_t size, const Ahead& ahead) {
  decoded_ahead_ = false;
  note_received(size);
  if (!is_open()) return;
  process(&ahead);
  check_unread();
}

void Connection::note_received(std::size_t size) {
  last_input_ -= std::min(last_input_, size);
  if (deadlines_ != nullptr) deadlines_->received(reactor_.now_ms());
}

void Connection::check_unread() {
  if (input_.unread().size() <= kMaxUnread) return;
  close(CloseCause::kOverflow, Status::error("the peer sent " + std::to_string(kMaxUnread) +
                                             " bytes that hold no whole request"));
}

void Connection::process(const Ahead* ahead) {
  // A handler's own release() or wake(): the loop that runs looks at everything. One of a
  // connection that is still to be handled in this tick: what its session said ahead may no longer
  // hold.
  if (decoded_ahead_) asked_again_ = true;
  if (in_session_ || decoded_ahead_) return;
  in_session_ = true;
  contain([this, ahead] { run_session(ahead); });
  in_session_ = false;
  contain([this] { settle(); });
  keep_input();
}

void Connection::settle() {
  if (!output_.empty()) flush_later();
  note_output();
  if (state_ == State::kHalfClosed && !output_full_ && held_ == 0) close_after_flush();
}

// Bytes that its session sees only where it moves to.
void Connection::keep_received(std::string_view bytes) {
  input_.lend(bytes);
  store_input();
}

void Connection::store_input() {
  contain([this] { input_.keep(); });
  const std::size_t capacity = input_.capacity();
  if (capacity == input_counted_) return;
  reactor_.pressure_.count_input(static_cast<std::ptrdiff_t>(capacity) -
                                 static_cast<std::ptrdiff_t>(input_counted_));
  input_counted_ = capacity;
}

// What was decoded ahead is handled whatever the output: it can't be decoded twice.
void Connection::run_session(const Ahead* ahead) {
  if (ahead != nullptr && ahead->error) std::rethrow_exception(ahead->error);
  while (is_open() && moving_to_ == nullptr &&
         (ahead != nullptr || (!output_full_ && !input_.empty()))) {
    const std::size_t before = ahead != nullptr ? ahead->unread : input_.unread().size();
    const Decoded decoded = ahead != nullptr ? ahead->decoded : session_->decode(input_);
    ahead = nullptr;
    const bool again = std::exchange(asked_again_, false);
    if (decoded == Decoded::kNeedMore && again) continue;
    if (decoded == Decoded::kNeedMore) return;
    session_->handle(*this);
    if (is_above_mark()) output_full_ = true;
    // A session that leaves its input alone waits for more of it.
    if (input_.unread().size() == before) return;
  }
}

void Connection::peer_ended() {
  last_input_ = 0;
  if (deadlines_ != nullptr) deadlines_->received_all();
  // The end of a stream stays readable for ever.
  reactor_.backend_->set_reading(channel_, false);
  if (state_ == State::kLingering) {
    close();
  } else if (state_ == State::kOpen) {
    state_ = State::kHalfClosed;
    close_cause_ = CloseCause::kPeer;
    hold();  // nothing closes before the session has been told
    process();
    call_session(&Session::ended);
    release();
  }
}

// Where both sides have ended the kernel says no more than that it is broken.
void Connection::fail(int error) {
  if (state_ == State::kHalfClosed && output_ended_ && output_.empty()) return close();
  close(CloseCause::kReset, Status::from_errno(error, "connection lost"));
}

void Connection::fail_by_exception() noexcept {
  Status reason = Status::from_exception("exception in the session");
  WEIR_LOG(kWarning, "closing %s: %s", name_of(peer_).c_str(), reason.message().c_str());
  close(CloseCause::kException, std::move(reason));
}

void Connection::run(const std::function<void(Connection*)>& task) {
  contain([this, &task] { task(this); });
}

void Connection::end_session() {
  if (session_ == nullptr) return;
  try {
    session_->closed(*this, close_reason_);
  } catch (...) {
    WEIR_LOG(kWarning, "%s", Status::from_exception("exception in closed()").message().c_str());
  }
}

void Connection::close_for_budget(std::size_t bytes, std::uint64_t limit) {
  contain([this, bytes, limit] {
    close(CloseCause::kOverflow, Status::error("it held " + std::to_string(bytes) +
                                               " bytes in buffers, the most, when all connections "
                                               "together passed the buffer budget of " +
                                               std::to_string(limit) + " bytes"));
  });
}

void Connection::call_session(void (Session::*hook)(Connection&)) {
  if (!is_open()) return;
  contain([this, hook] { (session_.get()->*hook)(*this); });
}

void Connection::finish_draining() {
  if (!channel_.reading) return close();  // the peer has ended already
  reactor_.sockets_.shutdown(channel_.fd, SHUT_WR);
  state_ = State::kLingering;
  go_on_lingering(reactor_.sockets_.pending_output(channel_.fd), kFlushMs / kLingerMs);
}

// Closed while its peer still talks, a connection is reset, and what the peer has not taken by then
// is lost: it gets more time for as long as it takes.
void Connection::go_on_lingering(int untaken, int rounds) {
  reactor_.cancel(closing_timer_);
  closing_timer_ = reactor_.schedule(kLingerMs, [this, untaken, rounds] {
    const int left = reactor_.sockets_.pending_output(channel_.fd);
    if (peer_has_everything() || left >= untaken || rounds == 1) return close();
    go_on_lingering(left, rounds - 1);
  });
}

// The reactor stops: what has arrived by now is still answered.
void Connection::begin_stop() {
  const int waiting = reactor_.sockets_.pending_input(channel_.fd);
  last_input_ =
      static_cast<std::size_t>(std::max(waiting, 0)) + reactor_.backend_->gathered(channel_);
}

// Once a tick of a stopping reactor. A peer that talks on gets no further answer: it would keep the
// reactor for as long as it likes.
void Connection::go_on_stopping() {
  if (is_open() && last_input_ == 0 && !output_full_ && held_ == 0) {
    close_cause_ = CloseCause::kStop;
    close_after_flush();
  } else if (state_ == State::kLingering && peer_has_everything()) {
    close();  // a reset destroys nothing any more
  }
}

bool Connection::has_drained() const {
  return last_input_ == 0 && output_.empty() && peer_has_everything();
}

// The end of a stream that was told counts as a byte, and TCP may acknowledge it late (40 ms).
bool Connection::peer_has_everything() const {
  const int end = state_ == State::kLingering || output_ended_ ? 1 : 0;
  return reactor_.sockets_.pending_output(channel_.fd) <= end;
}

}  // namespace weir
