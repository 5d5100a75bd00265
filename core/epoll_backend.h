// epoll, level- and edge-triggered, as a Backend.
//
// Level-triggered: the kernel is asked for EPOLLIN while the stream is read and for EPOLLOUT while
// output is pending, nothing else; a paused stream costs no event.
// Edge-triggered: registered once with everything, no further epoll_ctl for the life of the
// channel; a stream that may have more than it was given is carried into the next tick.
// Either way a stream reads no more than its budget a tick, so that no peer starves the others.
//
// Owner's thread only.
#pragma once

#include <vector>

#include "core/backend.h"

namespace weir {

class EpollBackend final : public Backend {
 public:
  EpollBackend(Sockets& sockets, bool edge_triggered, std::size_t read_budget);
  ~EpollBackend() override;

  Status open() override;
  Status add(Channel& channel) override;
  void remove(Channel& channel) override;
  bool detach(Channel& channel, std::string&) override {
    remove(channel);
    return true;
  }
  void finish_removals() override {}
  std::size_t gathered(const Channel&) override { return 0; }
  void set_reading(Channel& channel, bool reading) override;
  void set_interest(Channel& channel, Interest interest) override;
  ssize_t transmit(const Channel& channel, const iovec* pieces, std::size_t count) override;
  ssize_t transmit_file(const Channel& channel, int file, off_t offset, std::size_t size) override;
  ssize_t sent(Channel& channel, ssize_t result, std::size_t total) override;
  int accept(const Channel& channel, sockaddr* peer, socklen_t* length) override {
    return channel.registered == 0 ? -EAGAIN : sockets_.accept(channel.fd, peer, length);
  }
  bool queues_sends() const override { return false; }
  bool queue_send(Channel&, const iovec*, std::size_t) override { return false; }
  void defer_reads() override { reads_deferred_ = true; }
  ssize_t receive(const Channel& channel, std::span<char> room) override;
  bool received(Event& event, ssize_t result, std::span<char> room) override;
  bool has_wake() const override { return false; }
  bool wake() override { return false; }
  bool wait(int timeout_ms) override;
  bool next(Event& event) override;

 private:
  static constexpr std::size_t kInitialEvents = 64;
  static constexpr std::size_t kMaxEvents = 4096;

  std::uint32_t wanted(const Channel& channel) const;
  void update(Channel& channel);
  void carry(Channel& channel);
  std::size_t gather_carried();
  void merge(std::size_t carried);
  void grow(std::size_t events);
  bool writable(Channel& channel, std::uint32_t happened, Event& event);
  bool readable(Channel& channel, std::uint32_t happened, Event& event);

  Sockets& sockets_;
  const bool edge_triggered_;
  const std::size_t read_budget_;
  bool reads_deferred_ = false;
  int epoll_ = -1;
  std::size_t channels_ = 0;
  std::vector<epoll_event> events_;
  std::size_t gathered_ = 0;
  std::size_t position_ = 0;
  std::size_t spent_ = 0;          // of the budget, by the stream at position_
  bool read_again_ = false;        // it may have more, and budget left
  std::vector<Channel*> carried_;  // to be read in the next tick without waiting
  std::vector<char> receive_buffer_;
};

}  // namespace weir
