// io_uring as a Backend: a proactor. The kernel receives, into buffers that all streams share, for
// as long as a stream is read (multishot receive), and sends what a tick has written in one
// submission, which is also the wait for what comes next: a system call for some twenty requests.
//
// A send never waits in the kernel (MSG_DONTWAIT): it is made, or not, before wait() returns, and
// before remove(), so that no buffer of a connection is the kernel's when its owner dies.
//
// A listening socket is accepted from for as long as it is watched, too; where others watch it as
// well it is polled, so that each accepts no more than it can serve.
//
// Where input comes in bulk it is worth more to receive it when it is handled, into one buffer that
// is in the cache, than to spare the call: of such a stream the kernel only says that there is
// some.
//
// A channel has a slot, which lives on until the last completion of its operations has come,
// whatever became of the channel. What is to change of them is asked for at the next wait().
//
// Owner's thread only; wake(), transmit(), transmit_file() and receive() as Backend says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/backend.h"
#include "core/uring.h"

namespace weir {

class UringBackend final : public Backend {
 public:
  UringBackend(Sockets& sockets, std::size_t read_budget);
  ~UringBackend() override;

  Status open() override { return ring_.open(); }
  Status add(Channel& channel) override;
  void remove(Channel& channel) override;
  bool detach(Channel& channel, std::string& unread) override;
  void finish_removals() override;
  std::size_t gathered(const Channel& channel) override;
  void set_reading(Channel& channel, bool reading) override;
  void set_interest(Channel& channel, Interest interest) override;
  ssize_t transmit(const Channel& channel, const iovec* pieces, std::size_t count) override;
  ssize_t transmit_file(const Channel& channel, int file, off_t offset, std::size_t size) override;
  ssize_t sent(Channel& channel, ssize_t result, std::size_t total) override;
  int accept(const Channel& channel, sockaddr* peer, socklen_t* length) override;
  bool queues_sends() const override { return true; }
  bool queue_send(Channel& channel, const iovec* pieces, std::size_t count) override;
  void defer_reads() override { reads_deferred_ = true; }
  ssize_t receive(const Channel& channel, std::span<char> room) override;
  bool received(Event& event, ssize_t result, std::span<char> room) override;
  bool has_wake() const override { return ring_.sends_messages(); }
  bool wake() override { return ring_.send_message(kWakeName); }
  bool wait(int timeout_ms) override;
  bool next(Event& event) override;

 private:
  static constexpr std::size_t kBulkBytes = 16 * 1024;  // received at once by one that becomes so
  // So much is sent before the wait, while it is in the cache.
  static constexpr std::size_t kMostQueued = 128 * 1024;
  static constexpr std::size_t kSmallBytes = 4 * 1024;
  static constexpr std::uint8_t kMostSmallReads = 4;  // in a row: then it is none any more

  enum class Operation : std::uint8_t {
    kReceive,
    kInput,  // a stream of bulk has something to be received
    kSend,
    kRoom,    // a stream whose output had to wait can send again
    kBreak,   // a stream that nobody reads has failed
    kPoll,    // a source is ready
    kAccept,  // a listening socket has brought a connection
    kCancel,  // of another: nobody asks how it went
    kWake,    // none of ours: another thread's message
  };
  static constexpr std::uint64_t kWakeName =
      std::uint64_t{static_cast<std::uint8_t>(Operation::kWake)} << 56 | Channel::kNoSlot;
  // An operation that goes on until something has happened or it is cancelled.
  struct Lasting {
    bool runs = false;
    bool cancelled = false;  // and has not ended yet
  };
  struct Slot {
    Channel* channel = nullptr;    // nullptr: removed, or free
    int fd = -1;                   // the channel's
    std::size_t sending = 0;       // bytes
    std::uint32_t life = 0;        // counts the channels it has had
    std::uint32_t in_flight = 0;   // operations whose last completion has not come
    std::uint32_t polled = 0;      // the events of kPoll
    std::uint8_t small_reads = 0;  // of a bulk stream
    bool changed = false;          // is among changed_
    bool bulk = false;
    bool room_told = false;      // by the watch that still runs
    bool broken = false;         // and who reads was not told: the watch is to begin anew
    bool by_edge = false;        // of a source: polls tell of its peer's end alone
    bool leaves = false;         // it is detached
    bool accept_failed = false;  // the last: it is polled until there is somebody
    Lasting receive;
    Lasting input;
    Lasting room;
    Lasting break_watch;
    Lasting accept;
  };
  // A connection that the kernel has accepted and nobody has asked for yet.
  struct Gathered {
    int listener;
    int fd;
  };
  // What came while others were removed, with bytes of its own.
  struct Spilled {
    Uring::Completion completion;
    std::string bytes;
  };
  // What a send of several pieces refers to until it was submitted.
  struct Message {
    msghdr header{};
    iovec pieces[kMostPieces];
  };

  std::uint64_t name(Operation operation, std::uint32_t number) const;
  static Operation operation_of(const Uring::Completion& completion);
  Slot* slot_of(const Uring::Completion& completion);

  Message* free_message();
  void push(io_uring_sqe& submission, Operation operation, std::uint32_t number);
  void submit();
  bool enter(int timeout_ms);
  void change(std::uint32_t number);
  void apply_changes();
  bool settle(std::uint32_t number);
  bool settle_stream(Slot& slot, std::uint32_t number);
  bool settle_source(Slot& slot, std::uint32_t number);
  bool settle_leaving(Slot& slot, std::uint32_t number);
  bool settle_lasting(Lasting& lasting, bool wanted, Operation operation, std::uint32_t number);
  bool begin(Operation operation, std::uint32_t number);
  bool watch(Operation operation, std::uint32_t number, std::uint32_t events, std::uint32_t flags);
  bool cancel(Operation operation, std::uint32_t number);
  void cancel_pending(std::uint32_t number);
  void finish(const Uring::Completion& completion);
  void end_operation(Slot& slot, Operation operation);
  void free_slot(std::uint32_t number);
  bool spill();
  bool take_spilled(const Slot& slot, std::string& unread);
  bool tell(const Uring::Completion& completion, Event& event);
  bool tell_received(const Uring::Completion& completion, Slot& slot, Event& event);
  bool tell_input(Event& event);
  bool read_on(Event& event);
  bool tell_room(const Uring::Completion& completion, Slot& slot, Event& event);
  bool tell_broken(const Uring::Completion& completion, Slot& slot, Event& event);
  bool tell_ready(const Uring::Completion& completion, Slot& slot, Event& event);
  void keep_accepted(const Uring::Completion& completion, Slot& slot);
  bool has_accepted(const Channel& listener) const;
  bool announces_accepted() const;
  bool tell_accepted(Event& event);

  Sockets& sockets_;
  const std::size_t read_budget_;
  Uring ring_;
  bool reads_deferred_ = false;
  std::vector<char> receive_buffer_;
  std::uint32_t reading_ = Channel::kNoSlot;  // a bulk stream that may have more for this tick
  std::size_t spent_ = 0;                     // of its budget
  std::size_t queued_ = 0;                    // bytes of sends not submitted
  std::vector<std::unique_ptr<Message>> messages_;
  std::size_t messages_used_ = 0;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_slots_;
  std::vector<std::uint32_t> changed_;  // to be settled at the next wait()
  std::size_t removals_ = 0;            // operations of removed channels in flight
  std::deque<Gathered> accepted_;
  std::vector<Channel*> listening_;
  std::size_t next_listening_ = 0;  // that is told of what was accepted before the tick
  std::deque<Spilled> spilled_;     // views of their bytes live until the next wait()
  std::size_t next_spilled_ = 0;
};

}  // namespace weir
