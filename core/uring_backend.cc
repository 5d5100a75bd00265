#include "core/uring_backend.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <utility>

#include "base/check.h"
#include "core/stream_calls.h"

namespace weir {
namespace {

constexpr std::uint32_t kBroken = POLLERR | POLLHUP;

}  // namespace

UringBackend::UringBackend(Sockets& sockets, std::size_t read_budget)
    : sockets_(sockets),
      read_budget_(read_budget),
      ring_(sockets),
      receive_buffer_(std::min(read_budget, kReadBytes)) {}

UringBackend::~UringBackend() {
  if (ring_.is_enabled()) spill();  // what nobody has looked at may be connections
  for (const Gathered& gathered : accepted_) sockets_.close(gathered.fd);
}

Status UringBackend::add(Channel& channel) {
  try {
    // Room for all, so that nothing else allocates. Doubled, as one by one would copy each time.
    if (free_slots_.empty()) {
      const std::size_t count = slots_.size() + 1;
      for (auto* list : {&free_slots_, &changed_}) {
        if (list->capacity() < count) list->reserve(2 * count);
      }
      slots_.emplace_back();
      free_slots_.push_back(static_cast<std::uint32_t>(slots_.size() - 1));
    }
    if (channel.listens) listening_.push_back(&channel);
  } catch (const std::bad_alloc&) {
    return Status::from_errno(ENOMEM, "cannot watch a descriptor");
  }
  channel.slot = free_slots_.back();
  free_slots_.pop_back();
  Slot& slot = slots_[channel.slot];
  Slot fresh;
  fresh.channel = &channel;
  fresh.fd = channel.fd;
  fresh.life = slot.life;
  fresh.changed = slot.changed;
  slot = fresh;
  change(channel.slot);
  return Status::ok();
}

void UringBackend::remove(Channel& channel) {
  if (channel.slot == Channel::kNoSlot) return;
  // What the pieces are in goes with their owner.
  if (channel.sending && ring_.pending() > 0) submit();
  channel.sending = false;
  if (channel.listens) std::erase(listening_, &channel);
  const std::uint32_t number = std::exchange(channel.slot, Channel::kNoSlot);
  // Nor may what the kernel has not taken meet a descriptor that is somebody else's by then.
  if (ring_.pending() > 0) cancel_pending(number);
  Slot& slot = slots_[number];
  slot.channel = nullptr;
  removals_ += slot.in_flight;
  slot.in_flight > 0 ? change(number) : free_slot(number);
}

bool UringBackend::detach(Channel& channel, std::string& unread) {
  constexpr int kMostWaits = 100;  // where the kernel lacks memory at present
  if (channel.slot == Channel::kNoSlot) return true;
  WEIR_CHECK(!channel.sending);
  Slot& slot = slots_[channel.slot];
  slot.leaves = true;
  change(channel.slot);
  for (int i = 0; slot.in_flight > 0 && i < kMostWaits; ++i) {
    apply_changes();
    enter(i == 0 ? 0 : 1);
    spill();
  }
  const bool is_ours = slot.in_flight == 0;
  const bool is_whole = take_spilled(slot, unread);
  remove(channel);
  return is_ours && is_whole;
}

// False where it has failed, or there is no memory for its bytes.
bool UringBackend::take_spilled(const Slot& slot, std::string& unread) {
  bool is_whole = true;
  for (std::size_t i = next_spilled_; i < spilled_.size(); ++i) {
    const Uring::Completion& completion = spilled_[i].completion;
    if (slot_of(completion) != &slot || operation_of(completion) != Operation::kReceive) continue;
    const int result = completion.result;
    if (result < 0 && result != -ECANCELED && result != -ENOBUFS) is_whole = false;
    try {
      unread += spilled_[i].bytes;
    } catch (const std::bad_alloc&) {
      is_whole = false;
    }
  }
  return is_whole;
}

void UringBackend::finish_removals() {
  while (removals_ > 0) {
    apply_changes();
    enter(0);
    if (!spill()) return;
  }
}

std::size_t UringBackend::gathered(const Channel& channel) {
  spill();
  std::size_t bytes = 0;
  for (std::size_t i = next_spilled_; i < spilled_.size(); ++i) {
    const Slot* slot = slot_of(spilled_[i].completion);
    if (slot != nullptr && slot->channel == &channel) bytes += spilled_[i].bytes.size();
  }
  return bytes;
}

void UringBackend::set_reading(Channel& channel, bool reading) {
  if (channel.reading == reading) return;
  channel.reading = reading;
  change(channel.slot);
}

void UringBackend::set_interest(Channel& channel, Interest interest) {
  channel.reading = interest.readable;
  channel.writing = interest.writable;
  change(channel.slot);
}

ssize_t UringBackend::transmit(const Channel& channel, const iovec* pieces, std::size_t count) {
  return send_pieces(sockets_, channel.fd, pieces, count);
}

ssize_t UringBackend::transmit_file(const Channel& channel, int file, off_t offset,
                                    std::size_t size) {
  return send_file_part(sockets_, channel.fd, file, offset, size);
}

ssize_t UringBackend::sent(Channel& channel, ssize_t result, std::size_t total) {
  if (result < 0 && result != -EAGAIN && result != -EINTR) return result;
  const ssize_t sent = std::max<ssize_t>(result, 0);
  channel.writing = static_cast<std::size_t>(sent) < total;
  if (channel.writing) change(channel.slot);
  return sent;
}

int UringBackend::accept(const Channel& channel, sockaddr* peer, socklen_t* length) {
  const auto found = std::find_if(accepted_.begin(), accepted_.end(), [&](const auto& gathered) {
    return gathered.listener == channel.fd;
  });
  if (found == accepted_.end()) {
    const bool is_asked = channel.slot == Channel::kNoSlot || slots_[channel.slot].accept.runs;
    return is_asked ? -EAGAIN : sockets_.accept(channel.fd, peer, length);
  }
  const int fd = found->fd;
  accepted_.erase(found);
  if (sockets_.peer_address(fd, peer, length) >= 0) return fd;
  sockets_.close(fd);  // its peer has gone
  return -ECONNABORTED;
}

bool UringBackend::has_accepted(const Channel& listener) const {
  return std::any_of(accepted_.begin(), accepted_.end(), [&listener](const Gathered& gathered) {
    return gathered.listener == listener.fd;
  });
}

bool UringBackend::announces_accepted() const {
  return std::any_of(listening_.begin(), listening_.end(),
                     [this](const Channel* listener) { return has_accepted(*listener); });
}

bool UringBackend::queue_send(Channel& channel, const iovec* pieces, std::size_t count) {
  constexpr int kFlags = MSG_DONTWAIT | MSG_NOSIGNAL;
  WEIR_DCHECK(count > 0 && count <= kMostPieces);
  Message* const message = count > 1 ? free_message() : nullptr;
  if (count > 1 && message == nullptr) return false;
  io_uring_sqe* const submission = ring_.submission();
  if (submission == nullptr) return false;
  if (message == nullptr) {
    ::io_uring_prep_send(submission, channel.fd, pieces[0].iov_base, pieces[0].iov_len, kFlags);
  } else {
    std::copy_n(pieces, count, message->pieces);
    message->header.msg_iov = message->pieces;
    message->header.msg_iovlen = count;
    ::io_uring_prep_sendmsg(submission, channel.fd, &message->header, kFlags);
  }
  std::size_t total = 0;
  for (std::size_t i = 0; i < count; ++i) total += pieces[i].iov_len;
  slots_[channel.slot].sending = total;
  push(*submission, Operation::kSend, channel.slot);
  channel.sending = true;
  queued_ += total;
  if (queued_ >= kMostQueued) submit();
  return true;
}

bool UringBackend::wait(int timeout_ms) {
  if (!ring_.is_enabled()) ring_.enable();
  ring_.recycle();
  if (next_spilled_ == spilled_.size()) {
    spilled_.clear();
    next_spilled_ = 0;
  }
  apply_changes();
  // Whom nobody asked for in the last tick, or before their listener was watched again.
  next_listening_ = accepted_.empty() ? listening_.size() : 0;
  const bool any = !spilled_.empty() || announces_accepted();
  const bool sleeps = !any && changed_.empty();
  return enter(sleeps ? timeout_ms : 0) || any;
}

bool UringBackend::next(Event& event) {
  if (reading_ != Channel::kNoSlot && read_on(event)) return true;
  if (next_listening_ < listening_.size() && tell_accepted(event)) return true;
  while (next_spilled_ < spilled_.size()) {
    const Spilled& spilled = spilled_[next_spilled_++];
    Uring::Completion completion = spilled.completion;
    completion.bytes = spilled.bytes;
    if (tell(completion, event)) return true;
  }
  Uring::Completion completion;
  while (ring_.next(completion)) {
    finish(completion);
    if (tell(completion, event)) return true;
  }
  return false;
}

bool UringBackend::tell_accepted(Event& event) {
  while (next_listening_ < listening_.size()) {
    event.channel = listening_[next_listening_++];
    event.kind = Event::Kind::kReady;
    event.ready = {};
    if (has_accepted(*event.channel)) return true;
  }
  return false;
}

// Whatever there is, for the next next(). False: nothing, or no memory for it.
bool UringBackend::spill() {
  for (bool any = false;; any = true) {
    try {
      spilled_.emplace_back();
    } catch (const std::bad_alloc&) {
      return any;
    }
    Spilled& spilled = spilled_.back();
    if (!ring_.next_of_all(spilled.completion)) {
      spilled_.pop_back();
      return any;
    }
    finish(spilled.completion);
    try {
      spilled.bytes = spilled.completion.bytes;
    } catch (const std::bad_alloc&) {
      spilled.completion.result = -ENOMEM;  // it costs the connection
    }
    if (slot_of(spilled.completion) == nullptr) spilled_.pop_back();
  }
}

// Makes an event of it, if it is one.
bool UringBackend::tell(const Uring::Completion& completion, Event& event) {
  Slot* const slot = slot_of(completion);
  if (slot == nullptr) return false;
  Channel& channel = *slot->channel;
  event.channel = &channel;
  switch (operation_of(completion)) {
    case Operation::kReceive:
      return tell_received(completion, *slot, event);
    case Operation::kInput:
      return channel.reading && tell_input(event);
    case Operation::kSend:
      channel.sending = false;
      event.kind = Event::Kind::kSent;
      event.result = completion.result;
      event.total = slot->sending;
      return true;
    case Operation::kRoom:
      return tell_room(completion, *slot, event);
    case Operation::kBreak:
      return tell_broken(completion, *slot, event);
    case Operation::kPoll:
      return tell_ready(completion, *slot, event);
    case Operation::kAccept:
      event.kind = Event::Kind::kReady;
      event.ready = {};
      return completion.result >= 0;
    case Operation::kCancel:
    case Operation::kWake:
      return false;
  }
  return false;
}

bool UringBackend::tell_received(const Uring::Completion& completion, Slot& slot, Event& event) {
  const int result = completion.result;
  if (result > 0) {
    event.kind = Event::Kind::kBytes;
    event.bytes = completion.bytes;
    const std::size_t bulk = std::min(kBulkBytes, ring_.buffers().buffer_bytes());
    if (event.bytes.size() >= bulk && !std::exchange(slot.bulk, true)) change(event.channel->slot);
    return true;
  }
  if (result == 0) {
    event.kind = Event::Kind::kEnd;
    return true;
  }
  // It is asked for again.
  if (result == -ENOBUFS || result == -ECANCELED || result == -EINTR || result == -EAGAIN) {
    return false;
  }
  event.kind = Event::Kind::kFailed;
  event.error = -result;
  return true;
}

bool UringBackend::tell_input(Event& event) {
  spent_ = 0;
  event.kind = Event::Kind::kReadable;
  if (reads_deferred_) return true;
  return received(event, receive(*event.channel, receive_buffer_), receive_buffer_);
}

// As long as its budget lasts.
bool UringBackend::read_on(Event& event) {
  Channel* const channel = slots_[std::exchange(reading_, Channel::kNoSlot)].channel;
  if (channel == nullptr || !channel->reading) return false;
  event.channel = channel;
  return received(event, receive(*channel, receive_buffer_), receive_buffer_);
}

ssize_t UringBackend::receive(const Channel& channel, std::span<char> room) {
  return receive_bytes(sockets_, channel.fd, room);
}

bool UringBackend::received(Event& event, ssize_t result, std::span<char> room) {
  if (!tell_read(event, result, room)) return false;
  Slot& slot = slots_[event.channel->slot];
  const std::size_t size = event.kind == Event::Kind::kBytes ? event.bytes.size() : 0;
  const bool is_small = size < std::min(kSmallBytes, room.size());
  slot.small_reads = is_small ? static_cast<std::uint8_t>(slot.small_reads + 1) : 0;
  if (slot.small_reads >= kMostSmallReads) slot.bulk = false;
  spent_ += size;
  if (!reads_deferred_ && size == room.size() && spent_ < read_budget_) {
    reading_ = event.channel->slot;
  }
  return true;
}

// Whatever follows, the watch begins anew: less may have been sent than there was room for.
bool UringBackend::tell_room(const Uring::Completion& completion, Slot& slot, Event& event) {
  if (completion.result == -ECANCELED) return false;
  const auto events = static_cast<std::uint32_t>(completion.result);
  if (completion.result >= 0 && (events & (POLLOUT | kBroken)) == 0) return false;
  slot.room_told = !completion.is_last;
  change(event.channel->slot);
  event.kind = Event::Kind::kWritable;
  return std::exchange(event.channel->writing, false);  // the send that follows knows better
}

// The kernel also says when the peer has ended, which is no failure.
bool UringBackend::tell_broken(const Uring::Completion& completion, Slot& slot, Event& event) {
  const auto events = static_cast<std::uint32_t>(completion.result);
  if (completion.result < 0 || (events & kBroken) == 0) return false;
  if (event.channel->reading) {
    // Whoever reads finds out, unless the reading is stopped before.
    slot.broken = !completion.is_last;
    return false;
  }
  const int error = sockets_.pending_error(event.channel->fd);
  event.kind = Event::Kind::kFailed;
  event.error = error != 0 ? error : ECONNRESET;
  return true;
}

bool UringBackend::tell_ready(const Uring::Completion& completion, Slot& slot, Event& event) {
  if (completion.result == -ECANCELED) return false;
  const auto events = static_cast<std::uint32_t>(completion.result);
  // After an error both, so that the owner's next call meets it.
  const bool broken = completion.result < 0 || (events & kBroken) != 0;
  event.kind = Event::Kind::kReady;
  event.ready.readable = broken || (event.channel->reading && (events & (POLLIN | POLLRDHUP)) != 0);
  event.ready.writable = broken || (event.channel->writing && (events & POLLOUT) != 0);
  // The peer's end, which who only writes has not asked for, must not be told for ever.
  slot.by_edge = !broken && (events & (POLLIN | POLLOUT)) == 0 && !event.channel->reading;
  return event.ready.readable || event.ready.writable;
}

}  // namespace weir
