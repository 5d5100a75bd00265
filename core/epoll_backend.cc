#include "core/epoll_backend.h"

#include <algorithm>
#include <cerrno>
#include <new>

#include "base/check.h"
#include "core/stream_calls.h"

namespace weir {

EpollBackend::EpollBackend(Sockets& sockets, bool edge_triggered, std::size_t read_budget)
    : sockets_(sockets),
      edge_triggered_(edge_triggered),
      read_budget_(read_budget),
      events_(kInitialEvents),
      receive_buffer_(std::min(read_budget, kReadBytes)) {}

EpollBackend::~EpollBackend() {
  if (epoll_ >= 0) sockets_.close(epoll_);
}

Status EpollBackend::open() {
  epoll_ = sockets_.epoll_create();
  return epoll_ >= 0 ? Status::ok()
                     : Status::from_errno(-epoll_, "cannot create an epoll instance");
}

std::uint32_t EpollBackend::wanted(const Channel& channel) const {
  const bool source = channel.kind == Channel::Kind::kSource;
  if (edge_triggered_ && !source) return EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  return (channel.reading ? EPOLLIN : 0u) | (channel.writing ? EPOLLOUT : 0u) |
         (channel.exclusive ? EPOLLEXCLUSIVE : 0u);
}

Status EpollBackend::add(Channel& channel) {
  // So that carry() never allocates. Doubled, as reserving one by one would copy every time.
  if (edge_triggered_ && carried_.capacity() <= channels_) carried_.reserve(2 * channels_ + 64);
  epoll_event event{};
  event.events = channel.registered = wanted(channel);
  event.data.ptr = &channel;
  const int result = sockets_.epoll_control(epoll_, EPOLL_CTL_ADD, channel.fd, &event);
  if (result < 0) return Status::from_errno(-result, "cannot watch a descriptor");
  ++channels_;
  return Status::ok();
}

void EpollBackend::remove(Channel& channel) {
  if (sockets_.epoll_control(epoll_, EPOLL_CTL_DEL, channel.fd, nullptr) >= 0) --channels_;
  channel.registered = 0;
  if (channel.carried) std::erase(carried_, &channel);
  for (std::size_t i = position_; i < gathered_; ++i) {
    if (events_[i].data.ptr == &channel) events_[i].data.ptr = nullptr;
  }
}

void EpollBackend::update(Channel& channel) {
  const std::uint32_t events = wanted(channel);
  if (events == channel.registered) return;
  epoll_event event{};
  event.events = channel.registered = events;
  event.data.ptr = &channel;
  sockets_.epoll_control(epoll_, EPOLL_CTL_MOD, channel.fd, &event);
}

void EpollBackend::set_reading(Channel& channel, bool reading) {
  if (channel.reading == reading) return;
  channel.reading = reading;
  update(channel);
  // The edge may have passed while nobody was reading.
  if (edge_triggered_ && reading) carry(channel);
}

void EpollBackend::set_interest(Channel& channel, Interest interest) {
  channel.reading = interest.readable;
  channel.writing = interest.writable;
  update(channel);
}

ssize_t EpollBackend::transmit(const Channel& channel, const iovec* pieces, std::size_t count) {
  return send_pieces(sockets_, channel.fd, pieces, count);
}

ssize_t EpollBackend::transmit_file(const Channel& channel, int file, off_t offset,
                                    std::size_t size) {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t sent =
        send_file_part(sockets_, channel.fd, file, offset + static_cast<off_t>(done), size - done);
    if (sent < 0) return sent == -EAGAIN && done > 0 ? static_cast<ssize_t>(done) : sent;
    done += static_cast<std::size_t>(sent);
    // Less than was asked for may be for want of room, or of file: where the edge for room may have
    // come already, only asking again tells.
    if (!edge_triggered_) break;
  }
  return static_cast<ssize_t>(done);
}

ssize_t EpollBackend::sent(Channel& channel, ssize_t result, std::size_t total) {
  if (result < 0 && result != -EAGAIN) return result;
  const ssize_t sent = std::max<ssize_t>(result, 0);
  channel.writing = static_cast<std::size_t>(sent) < total;
  update(channel);
  return sent;
}

bool EpollBackend::wait(int timeout_ms) {
  gathered_ = position_ = spent_ = 0;
  const std::size_t carried = carried_.empty() ? 0 : gather_carried();
  const std::size_t room = events_.size() - gathered_;
  const int count = sockets_.epoll_wait(epoll_, events_.data() + gathered_, static_cast<int>(room),
                                        gathered_ > 0 ? 0 : timeout_ms);
  WEIR_CHECK(count >= 0 || count == -EINTR);
  if (count <= 0) return gathered_ > 0;
  gathered_ += static_cast<std::size_t>(count);
  if (carried > 0) merge(carried);
  // A full list means that more are waiting: ask for more at a time from now on. Grown only
  // between batches, at the next wait.
  if (static_cast<std::size_t>(count) == room && events_.size() < kMaxEvents) {
    grow(events_.size() * 2);
  }
  return true;
}

// Unless there is no memory: the list is long enough for the rest to come the next time.
void EpollBackend::grow(std::size_t events) {
  try {
    if (events_.size() < events) events_.resize(events);
  } catch (const std::bad_alloc&) {
    return;
  }
}

// Carried channels go in front of what the kernel reports; those that there is no room for, and no
// memory to make some, are carried on. Returns how many came.
std::size_t EpollBackend::gather_carried() {
  grow(carried_.size() + kInitialEvents);
  const std::size_t count = std::min(carried_.size(), events_.size() - kInitialEvents / 2);
  for (; gathered_ < count; ++gathered_) {
    Channel* channel = carried_[gathered_];
    channel->carried = false;
    channel->batch_index = static_cast<std::uint32_t>(gathered_);
    // As if the end had been announced: a short read is no proof here that nothing stands behind.
    events_[gathered_].events = EPOLLIN | EPOLLRDHUP;
    events_[gathered_].data.ptr = channel;
  }
  carried_.erase(carried_.begin(), carried_.begin() + static_cast<std::ptrdiff_t>(count));
  return count;
}

// What the kernel reports of a carried channel joins its entry: one read a tick.
void EpollBackend::merge(std::size_t carried) {
  for (std::size_t i = carried; i < gathered_; ++i) {
    auto* channel = static_cast<Channel*>(events_[i].data.ptr);
    const std::size_t first = channel->batch_index;
    if (first >= carried || events_[first].data.ptr != channel) continue;
    events_[first].events |= events_[i].events;
    events_[i].data.ptr = nullptr;
  }
}

bool EpollBackend::next(Event& event) {
  while (position_ < gathered_) {
    epoll_event& entry = events_[position_];
    auto* channel = static_cast<Channel*>(entry.data.ptr);
    if (channel == nullptr) {
      ++position_;
      continue;
    }
    event.channel = channel;
    if (channel->kind == Channel::Kind::kSource) {
      ++position_;
      event.kind = Event::Kind::kReady;
      const bool broken = (entry.events & (EPOLLERR | EPOLLHUP)) != 0;
      event.ready.readable = broken || (entry.events & EPOLLIN) != 0;
      event.ready.writable = broken || (entry.events & EPOLLOUT) != 0;
      return true;
    }
    // Output first: it frees what a handler may need to go on.
    if (writable(*channel, entry.events, event)) {
      entry.events &= ~std::uint32_t{EPOLLOUT};
      return true;
    }
    read_again_ = false;
    const bool happened = readable(*channel, entry.events, event);
    if (!read_again_) {
      ++position_;
      spent_ = 0;
    }
    if (happened) return true;
  }
  return false;
}

bool EpollBackend::writable(Channel& channel, std::uint32_t happened, Event& event) {
  if ((happened & EPOLLOUT) == 0 || !channel.writing) return false;
  channel.writing = false;  // the send that follows knows better
  event.kind = Event::Kind::kWritable;
  return true;
}

bool EpollBackend::readable(Channel& channel, std::uint32_t happened, Event& event) {
  const std::uint32_t broken = happened & (EPOLLERR | EPOLLHUP);
  if (!channel.reading) {
    // Nobody reads, so the failure would be reported again and again: it is final, say so.
    if (broken == 0) return false;
    const int error = sockets_.pending_error(channel.fd);
    event.kind = Event::Kind::kFailed;
    event.error = error != 0 ? error : ECONNRESET;
    return true;
  }
  if ((happened & (EPOLLIN | EPOLLRDHUP)) == 0 && broken == 0) return false;
  channel.behind = broken != 0 || (happened & EPOLLRDHUP) != 0;
  event.kind = Event::Kind::kReadable;
  return reads_deferred_ || received(event, receive(channel, receive_buffer_), receive_buffer_);
}

ssize_t EpollBackend::receive(const Channel& channel, std::span<char> room) {
  return receive_bytes(sockets_, channel.fd, room);
}

bool EpollBackend::received(Event& event, ssize_t result, std::span<char> room) {
  if (!tell_read(event, result, room)) return false;
  if (event.kind != Event::Kind::kBytes) return true;
  const std::size_t size = event.bytes.size();
  // A short read has emptied the socket, unless the end of the stream or an error stands behind
  // the bytes: that edge has already been reported.
  const bool drained = size < room.size() && !event.channel->behind;
  if (!reads_deferred_) {
    spent_ += size;
    read_again_ = size == room.size() && spent_ < read_budget_;
  }
  if (edge_triggered_ && !drained && !read_again_) carry(*event.channel);
  return true;
}

void EpollBackend::carry(Channel& channel) {
  if (channel.carried) return;
  channel.carried = true;
  carried_.push_back(&channel);
}

}  // namespace weir
