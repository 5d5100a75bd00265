// What UringBackend asks of the kernel: the operations of a slot, and which of them are under way.
#include <poll.h>

#include <cerrno>
#include <memory>
#include <new>
#include <utility>

#include "core/uring_backend.h"

namespace weir {
namespace {

// A name is made of the operation, the slot's life and its number: 8, 24 and 32 bits.
constexpr int kOperationShift = 56;
constexpr int kLifeShift = 32;
constexpr std::uint32_t kLifeMask = (1U << 24) - 1;
constexpr std::uint64_t kSlotMask = (std::uint64_t{1} << kOperationShift) - 1;

}  // namespace

std::uint64_t UringBackend::name(Operation operation, std::uint32_t number) const {
  // A cancellation is nobody's: it outlives the slot that it is for.
  if (operation == Operation::kCancel) number = Channel::kNoSlot;
  const std::uint32_t life = number < slots_.size() ? slots_[number].life & kLifeMask : 0;
  return std::uint64_t{static_cast<std::uint8_t>(operation)} << kOperationShift |
         std::uint64_t{life} << kLifeShift | number;
}

UringBackend::Operation UringBackend::operation_of(const Uring::Completion& completion) {
  return static_cast<Operation>(completion.name >> kOperationShift);
}

// nullptr where its channel is gone.
UringBackend::Slot* UringBackend::slot_of(const Uring::Completion& completion) {
  const auto number = static_cast<std::uint32_t>(completion.name);
  if (number >= slots_.size()) return nullptr;
  Slot& slot = slots_[number];
  const bool same_life = (slot.life & kLifeMask) == (completion.name >> kLifeShift & kLifeMask);
  return same_life && slot.channel != nullptr ? &slot : nullptr;
}

// nullptr where there is no memory for one. They stay for the next ticks.
UringBackend::Message* UringBackend::free_message() {
  try {
    if (messages_used_ == messages_.size()) messages_.push_back(std::make_unique<Message>());
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
  return messages_[messages_used_++].get();
}

void UringBackend::push(io_uring_sqe& submission, Operation operation, std::uint32_t number) {
  ring_.push(submission, name(operation, number));
  if (operation != Operation::kCancel) ++slots_[number].in_flight;
}

// Sends are made in here.
void UringBackend::submit() {
  ring_.submit();
  queued_ = 0;
  if (ring_.pending() == 0) messages_used_ = 0;
}

bool UringBackend::enter(int timeout_ms) {
  const bool any = ring_.wait(timeout_ms);
  queued_ = 0;
  if (ring_.pending() == 0) messages_used_ = 0;
  return any;
}

// Of a channel that is not added yet add() finds out itself.
void UringBackend::change(std::uint32_t number) {
  if (number == Channel::kNoSlot || std::exchange(slots_[number].changed, true)) return;
  changed_.push_back(number);
}

// What there is no room for waits for the next time.
void UringBackend::apply_changes() {
  std::size_t left = 0;
  for (const std::uint32_t number : changed_) {
    slots_[number].changed = !settle(number);
    if (slots_[number].changed) changed_[left++] = number;
  }
  changed_.resize(left);
}

// False where something is still to be asked for.
bool UringBackend::settle(std::uint32_t number) {
  Slot& slot = slots_[number];
  if (slot.channel == nullptr || slot.leaves) return settle_leaving(slot, number);
  return slot.channel->kind == Channel::Kind::kStream ? settle_stream(slot, number)
                                                      : settle_source(slot, number);
}

bool UringBackend::settle_stream(Slot& slot, std::uint32_t number) {
  const Channel& channel = *slot.channel;
  // Bulk not before the receive is over: what that has brought comes first. The watch for a break
  // stays once it is there.
  const bool input = channel.reading && slot.bulk && !slot.receive.runs;
  const bool watch_break = !slot.broken && (!channel.reading || slot.break_watch.runs);
  return settle_lasting(slot.receive, channel.reading && !slot.bulk, Operation::kReceive, number) &&
         settle_lasting(slot.input, input, Operation::kInput, number) &&
         settle_lasting(slot.break_watch, watch_break, Operation::kBreak, number) &&
         settle_lasting(slot.room, channel.writing && !slot.room_told, Operation::kRoom, number);
}

bool UringBackend::settle_leaving(Slot& slot, std::uint32_t number) {
  if (slot.polled != 0 && cancel(Operation::kPoll, number)) slot.polled = 0;
  return slot.polled == 0 && settle_lasting(slot.accept, false, Operation::kAccept, number) &&
         settle_lasting(slot.receive, false, Operation::kReceive, number) &&
         settle_lasting(slot.input, false, Operation::kInput, number) &&
         settle_lasting(slot.break_watch, false, Operation::kBreak, number) &&
         settle_lasting(slot.room, false, Operation::kRoom, number);
}

bool UringBackend::settle_lasting(Lasting& lasting, bool wanted, Operation operation,
                                  std::uint32_t number) {
  if (wanted && !lasting.runs) {
    lasting.runs = begin(operation, number);
    return lasting.runs;
  }
  if (!wanted && lasting.runs && !lasting.cancelled) {
    lasting.cancelled = cancel(operation, number);
    return lasting.cancelled;
  }
  return true;
}

// A poll is for one time: what the owner has left is announced again.
bool UringBackend::settle_source(Slot& slot, std::uint32_t number) {
  const Channel& channel = *slot.channel;
  if (channel.listens && !channel.exclusive && !slot.accept_failed) {
    return settle_lasting(slot.accept, true, Operation::kAccept, number);
  }
  std::uint32_t wanted = (channel.reading ? std::uint32_t{POLLIN} : 0) |
                         (channel.writing ? std::uint32_t{POLLOUT} : 0);
  if (wanted != 0 && channel.exclusive) wanted |= EPOLLEXCLUSIVE;
  if (wanted == slot.polled) return true;
  // Another one once the old is over, so that there are never two.
  if (slot.in_flight > 0) {
    if (slot.polled != 0 && cancel(Operation::kPoll, number)) slot.polled = 0;
    return slot.polled == 0;
  }
  if (!watch(Operation::kPoll, number, wanted, slot.by_edge ? IORING_POLL_ADD_MULTI : 0)) {
    return false;
  }
  slot.polled = wanted;
  return true;
}

bool UringBackend::begin(Operation operation, std::uint32_t number) {
  if (operation == Operation::kInput) return watch(operation, number, POLLIN, 0);
  // By edge, as the kernel also tells of a peer that has ended, and would so again and again.
  if (operation == Operation::kRoom) {
    return watch(operation, number, POLLOUT, IORING_POLL_ADD_MULTI);
  }
  if (operation == Operation::kBreak) return watch(operation, number, 0, IORING_POLL_ADD_MULTI);
  io_uring_sqe* const submission = ring_.submission();
  if (submission == nullptr) return false;
  const int fd = slots_[number].fd;
  if (operation == Operation::kAccept) {
    ::io_uring_prep_multishot_accept(submission, fd, nullptr, nullptr,
                                     SOCK_NONBLOCK | SOCK_CLOEXEC);
  } else {
    ::io_uring_prep_recv_multishot(submission, fd, nullptr, 0, 0);
    submission->flags |= IOSQE_BUFFER_SELECT;
    submission->buf_group = ReceiveBuffers::kGroup;
  }
  push(*submission, operation, number);
  return true;
}

bool UringBackend::watch(Operation operation, std::uint32_t number, std::uint32_t events,
                         std::uint32_t flags) {
  io_uring_sqe* const submission = ring_.submission();
  if (submission == nullptr) return false;
  ::io_uring_prep_poll_add(submission, slots_[number].fd, events);
  submission->len = flags;
  push(*submission, operation, number);
  return true;
}

bool UringBackend::cancel(Operation operation, std::uint32_t number) {
  io_uring_sqe* const submission = ring_.submission();
  if (submission == nullptr) return false;
  ::io_uring_prep_cancel64(submission, name(operation, number), 0);
  submission->flags |= IOSQE_CQE_SKIP_SUCCESS;
  push(*submission, Operation::kCancel, number);
  return true;
}

// What is known of the operation from now on.
void UringBackend::finish(const Uring::Completion& completion) {
  const Operation operation = operation_of(completion);
  if (operation == Operation::kCancel || operation == Operation::kWake) return;
  const auto number = static_cast<std::uint32_t>(completion.name);
  Slot& slot = slots_[number];
  if (operation == Operation::kAccept) keep_accepted(completion, slot);
  if (operation == Operation::kReceive && completion.result == -ENOBUFS) ring_.ran_dry();
  if (!completion.is_last) return;
  --slot.in_flight;
  end_operation(slot, operation);
  if (slot.channel != nullptr) {
    if (operation != Operation::kSend) change(number);
    return;
  }
  --removals_;
  if (slot.in_flight == 0) free_slot(number);
}

void UringBackend::keep_accepted(const Uring::Completion& completion, Slot& slot) {
  slot.accept_failed = completion.result < 0;
  if (slot.accept_failed) return;
  try {
    accepted_.push_back({slot.fd, completion.result});
  } catch (const std::bad_alloc&) {
    sockets_.close(completion.result);
  }
}

void UringBackend::end_operation(Slot& slot, Operation operation) {
  switch (operation) {
    case Operation::kReceive:
      slot.receive = {};
      break;
    case Operation::kInput:
      slot.input = {};
      break;
    case Operation::kRoom:
      slot.room = {};
      slot.room_told = false;
      break;
    case Operation::kBreak:
      slot.break_watch = {};
      slot.broken = false;
      break;
    case Operation::kPoll:
      slot.polled = 0;
      slot.accept_failed = false;
      break;
    case Operation::kAccept:
      slot.accept = {};
      break;
    case Operation::kSend:
    case Operation::kCancel:
    case Operation::kWake:
      break;
  }
}

void UringBackend::cancel_pending(std::uint32_t number) {
  ring_.cancel_pending(name(Operation{}, number) & kSlotMask, kSlotMask);
}

void UringBackend::free_slot(std::uint32_t number) {
  ++slots_[number].life;
  free_slots_.push_back(number);
}

}  // namespace weir
