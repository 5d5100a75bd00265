// What a connection has to send: gathered, sent, and kept within its bounds.
#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/check.h"
#include "core/connection.h"
#include "core/parallel_io.h"
#include "core/reactor.h"

namespace weir {

void Connection::write(std::string_view bytes) {
  WEIR_DCHECK(reactor_.in_thread());
  if (!is_open() || output_ended_) return;
  if (bytes.size() >= kSentAtOnce && output_.empty() && !sent_at_once_) {
    bytes.remove_prefix(send_at_once(bytes));
    if (!is_open()) return;
  }
  output_.append(bytes);
  if (is_above_mark()) output_full_ = true;  // who waits now is told when there is room
  flush_later();
}

void Connection::write_file(FilePiece piece) {
  WEIR_DCHECK(reactor_.in_thread());
  if (!is_open() || output_ended_) return;
  output_.append_file(std::move(piece));
  flush_later();
}

void Connection::end_output() {
  WEIR_DCHECK(reactor_.in_thread());
  if (!is_open() || output_ended_) return;
  output_ended_ = true;
  if (output_.empty()) reactor_.sockets_.shutdown(channel_.fd, SHUT_WR);
}

// Returns how much the kernel took. Once until the flush: a producer that goes on until the output
// is full would not end while the peer reads as fast.
std::size_t Connection::send_at_once(std::string_view bytes) {
  if (reactor_.parallel_io_ != nullptr) return 0;  // its threads make the sends
  const iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
  const ssize_t sent = reactor_.backend_->transmit(channel_, &piece, 1);
  if (sent < 0 && sent != -EAGAIN) fail(static_cast<int>(-sent));
  if (sent <= 0) return 0;
  sent_at_once_ = true;
  note_sent(static_cast<std::size_t>(sent));
  return static_cast<std::size_t>(sent);
}

// Of a send, also of one that the kernel had no room for.
void Connection::note_sent(std::size_t size) {
  reactor_.counters_.sends.add();
  reactor_.counters_.bytes_sent.add(size);
  bytes_sent_ += size;
  if (deadlines_ == nullptr) return;
  deadlines_->sent(reactor_.now_ms(), size > 0, !output_.empty());
  if (!output_.empty()) watch_deadlines();
}

void Connection::flush_later() {
  WEIR_DCHECK(reactor_.in_thread());
  if (flush_queued_ || state_ == State::kClosed) return;
  flush_queued_ = true;
  reactor_.to_flush_.push_back(this);
}

void Connection::set_output_marks(std::size_t high, std::size_t low) {
  WEIR_CHECK(low < high);
  output_high_ = high;
  output_low_ = low;
}

void Connection::flush() {
  contain([this] {
    if (start_flush() && !queue_send()) finish_flush(transmit());
  });
}

// False where there is nothing to do now.
bool Connection::start_flush() {
  flush_queued_ = false;
  if (state_ == State::kClosed) return false;
  if (!channel_.writing && !channel_.sending) return true;
  count_waiting_output();  // room comes first
  note_output();           // what was added may be too much
  return false;
}

// False where it is to be made at once: also before a move, which would have to wait for it.
bool Connection::queue_send() {
  if (!reactor_.queues_sends_ || moving_to_ != nullptr) return false;
  if (output_.empty() || output_.front_file() != nullptr) return false;
  iovec pieces[kMostPieces];
  const std::size_t count = output_.pieces(pieces, kMostPieces);
  return reactor_.backend_->queue_send(channel_, pieces, count);
}

// Changes nothing here: any thread, while nobody else uses the connection.
Connection::Sending Connection::transmit() const {
  constexpr std::size_t kMaxFile = 1024 * 1024;  // so that the others have their turn
  if (output_.empty()) return {0, 0};
  if (const FilePiece* file = output_.front_file()) {
    const std::size_t size = std::min(file->size, kMaxFile);
    return {reactor_.backend_->transmit_file(channel_, file->fd, file->offset, size), size};
  }
  iovec pieces[kMostPieces];
  const std::size_t count = output_.pieces(pieces, kMostPieces);
  std::size_t total = 0;
  for (std::size_t i = 0; i < count; ++i) total += pieces[i].iov_len;
  return {reactor_.backend_->transmit(channel_, pieces, count), total};
}

void Connection::finish_flush(Sending sending) {
  const bool was_full = output_full();
  if (sending.total > 0) {
    const ssize_t sent = reactor_.backend_->sent(channel_, sending.result, sending.total);
    if (sent < 0) return fail(static_cast<int>(-sent));
    output_.consume(static_cast<std::size_t>(sent));
    if (state_ == State::kDraining && sent > 0) watch_draining();
    note_sent(static_cast<std::size_t>(sent));
  }
  if (output_.empty() && (sending.total > 0 || sent_at_once_)) {
    sent_at_once_ = false;
    call_session(&Session::flushed);
  }
  if (!output_.empty()) {
    if (!channel_.writing) flush_later();  // more than one send takes
  } else if (state_ == State::kDraining) {
    finish_draining();
  } else if (output_ended_ && sending.total > 0) {
    reactor_.sockets_.shutdown(channel_.fd, SHUT_WR);
  }
  count_waiting_output();
  settle_output();
  go_on_writing(was_full);
}

// What was left undone for want of room.
void Connection::go_on_writing(bool was_full) {
  if (!was_full || output_full_ || !is_open()) return;
  call_session(&Session::writable);
  process();
}

void Connection::budget_eased() {
  contain([this] {
    const bool was_full = output_full_;
    settle_output();
    go_on_writing(was_full);
  });
}

bool Connection::budget_is_tight() const { return reactor_.pressure_.is_tight(); }

void Connection::count_waiting_output() {
  if (output_.size() == waiting_output_) return;
  reactor_.counters_.output_waiting.move(static_cast<std::int64_t>(output_.size()) -
                                         static_cast<std::int64_t>(waiting_output_));
  waiting_output_ = output_.size();
}

}  // namespace weir
