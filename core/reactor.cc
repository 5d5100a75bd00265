#include "core/reactor.h"

#include <algorithm>

#include "core/check.h"
#include "core/clock.h"
#include "core/log.h"

namespace weir {
namespace {

thread_local Reactor* current_reactor = nullptr;

}  // namespace

Reactor::Reactor(std::uint32_t index, Sockets& sockets, const Options& options)
    : index_(index),
      sockets_(sockets),
      backend_(make_backend(options.backend, sockets)),
      mailbox_(sockets),
      handoff_(sockets, options.handoff_notify),
      now_ms_(monotonic_ms()) {
  if (options.io_threads > 1) {
    parallel_io_ = std::make_unique<ParallelIo>(*backend_, options.io_threads);
  }
}

Reactor::~Reactor() {
  for (const Slot& slot : slots_) {
    if (slot.connection != nullptr) sockets_.close(slot.connection->channel_.fd);
  }
}

Reactor* Reactor::current() { return current_reactor; }

Status Reactor::open() {
  Status status = backend_->open();
  if (status.is_ok()) status = mailbox_.open();
  if (status.is_ok()) status = handoff_.open();
  if (status.is_ok()) {
    status = add_source(mailbox_.fd(), {}, [this](Interest) { mailbox_.run(); }).status();
  }
  if (status.is_ok()) {
    const auto adopt_all = [this](Interest) {
      for (const Accepted& accepted : handoff_.take()) adopt(accepted);
    };
    status = add_source(handoff_.fd(), {}, adopt_all).status();
  }
  return status;
}

Status Reactor::add_listener(Listener& listener, Dealer dealer) {
  auto acceptor = std::make_unique<Acceptor>(Acceptor{&listener, std::move(dealer), nullptr});
  auto source = std::make_unique<Source>();
  source->channel.fd = listener.fd();
  source->channel.exclusive = listener.is_shared();
  source->on_ready = [this, one = acceptor.get()](Interest) { accept_from(*one); };
  const Result<Source*> watched = watch(std::move(source));
  if (!watched.is_ok()) return watched.status();
  acceptor->source = watched.value();
  acceptors_.push_back(std::move(acceptor));
  return Status::ok();
}

void Reactor::remove_listener(Listener& listener) {
  const auto found =
      std::find_if(acceptors_.begin(), acceptors_.end(),
                   [&listener](const auto& acceptor) { return acceptor->listener == &listener; });
  if (found == acceptors_.end()) return;
  remove_source(*(*found)->source);
  acceptors_.erase(found);
}

Result<Source*> Reactor::add_source(int fd, Interest interest, Source::OnReady on_ready) {
  auto source = std::make_unique<Source>();
  source->channel.fd = fd;
  source->channel.reading = interest.readable;
  source->channel.writing = interest.writable;
  source->on_ready = std::move(on_ready);
  return watch(std::move(source));
}

Result<Source*> Reactor::watch(std::unique_ptr<Source> source) {
  source->channel.kind = Channel::Kind::kSource;
  source->channel.owner = source.get();
  const Status status = backend_->add(source->channel);
  if (!status.is_ok()) return status;
  sources_.push_back(std::move(source));
  return sources_.back().get();
}

void Reactor::set_interest(Source& source, Interest interest) {
  backend_->set_interest(source.channel, interest);
}

void Reactor::remove_source(Source& source) {
  backend_->remove(source.channel);
  const auto found = std::find_if(sources_.begin(), sources_.end(),
                                  [&source](const auto& one) { return one.get() == &source; });
  WEIR_CHECK(found != sources_.end());
  removed_sources_.push_back(std::move(*found));
  sources_.erase(found);
}

void Reactor::run() {
  WEIR_CHECK(current_reactor == nullptr);
  current_reactor = this;
  while (!draining_) tick();
  drain();
  current_reactor = nullptr;
}

void Reactor::tick() {
  backend_->wait(wait_limit());
  now_ms_ = monotonic_ms();
  counters_.ticks.add();
  if (parallel_io_ != nullptr) parallel_io_->start_tick();
  Event event{};
  while (backend_->next(event)) dispatch(event);
  if (parallel_io_ != nullptr) finish_reads();
  if (timers_.size() > 0) timers_.advance(now_ms_, kTimersPerTick);
  flush();
  reap();
}

int Reactor::wait_limit() const {
  if (!to_flush_.empty() || !to_run_at_flush_.empty()) return 0;
  if (draining_) return 1;
  // The clock again: the tick that ends here is part of the delay.
  return timers_.size() > 0 ? timers_.next_delay(monotonic_ms()) : -1;
}

void Reactor::dispatch(const Event& event) {
  if (event.kind == Event::Kind::kReady) {
    static_cast<Source*>(event.channel->owner)->on_ready(event.ready);
    return;
  }
  auto& connection = *static_cast<Connection*>(event.channel->owner);
  if (!connection.is_closed()) dispatch_stream(event, connection);
}

void Reactor::dispatch_stream(const Event& event, Connection& connection) {
  switch (event.kind) {
    case Event::Kind::kBytes:
      counters_.bytes_received.add(event.bytes.size());
      return connection.receive(event.bytes);
    case Event::Kind::kReadable:
      return parallel_io_->gather(connection, event);
    case Event::Kind::kEnd:
      return connection.peer_ended();
    case Event::Kind::kFailed:
      return connection.fail(event.error);
    case Event::Kind::kWritable:
      return connection.flush_later();
    case Event::Kind::kReady:
      return;
  }
}

// In the order of their events, as without I/O threads.
void Reactor::finish_reads() {
  if (parallel_io_->receive()) counters_.shared_rounds.add();
  for (ParallelIo::Read& read : parallel_io_->reads()) {
    Connection& connection = *read.connection;
    if (connection.is_closed() || !backend_->received(read.event, read.result, read.room)) continue;
    if (!read.decoded) {
      dispatch_stream(read.event, connection);
      continue;
    }
    counters_.bytes_received.add(read.event.bytes.size());
    connection.receive_decoded(read.event.bytes.size(), read.ahead);
  }
}

void Reactor::accept_from(Acceptor& acceptor) {
  Listener& listener = *acceptor.listener;
  const auto deal = [&acceptor, &listener](int fd, const Address& peer) {
    acceptor.dealer({fd, peer, &listener.service()});
  };
  const bool pause = listener.accept_ready(deal) == Listener::Outcome::kPause;
  Channel& channel = acceptor.source->channel;
  if (!pause && !channel.exclusive) return;
  backend_->remove(channel);
  // The kernel wakes the first in the line of those who wait at a shared socket, and an idle
  // server's first would get every connection: who was served goes to the line's end.
  if (!pause && backend_->add(channel).is_ok()) return;
  resume_later(acceptor);
}

// However often the kernel has no memory for it: a server that does not accept is none.
void Reactor::resume_later(Acceptor& acceptor) {
  schedule(Listener::kPauseMs, [this, &acceptor] {
    if (draining_ || backend_->add(acceptor.source->channel).is_ok()) return;
    resume_later(acceptor);
  });
}

void Reactor::hand_off(Accepted accepted) {
  load_.fetch_add(1, std::memory_order_relaxed);
  if (in_thread()) {
    adopt(accepted);
  } else if (!handoff_.push(accepted)) {
    turn_away(accepted);
  }
}

// REQUIRES: the connection is counted in load_.
void Reactor::adopt(Accepted accepted) {
  WEIR_DCHECK(in_thread());
  if (draining_) return turn_away(accepted);
  sockaddr_storage local{};
  socklen_t length = sizeof local;
  sockets_.local_address(accepted.fd, reinterpret_cast<sockaddr*>(&local), &length);
  const std::uint32_t slot = take_slot();
  slots_[slot].connection = std::make_unique<Connection>(
      *this, ConnectionId::make(index_, slot, slots_[slot].generation), accepted.fd, accepted.peer,
      Address::from_sockaddr(reinterpret_cast<sockaddr*>(&local), length));
  Connection& connection = *slots_[slot].connection;
  counters_.accepted.add();
  connection.open_session(*accepted.service);
  const Status status = backend_->add(connection.channel_);
  if (!status.is_ok()) connection.close(status);
}

// For a reactor that stops or has stopped; on any thread. REQUIRES: counted in load_.
void Reactor::turn_away(const Accepted& accepted) {
  sockets_.close(accepted.fd);
  load_.fetch_sub(1, std::memory_order_relaxed);
}

std::uint32_t Reactor::take_slot() {
  if (!free_slots_.empty()) {
    const std::uint32_t slot = free_slots_.back();
    free_slots_.pop_back();
    return slot;
  }
  WEIR_CHECK(slots_.size() < ConnectionId::kMaxSlots);
  slots_.emplace_back();
  return static_cast<std::uint32_t>(slots_.size() - 1);
}

Connection* Reactor::find(ConnectionId id) {
  WEIR_DCHECK(in_thread());
  if (id.reactor() != index_ || id.slot() >= slots_.size()) return nullptr;
  Slot& slot = slots_[id.slot()];
  if (slot.generation != id.generation() || slot.connection == nullptr) return nullptr;
  return slot.connection->is_closed() ? nullptr : slot.connection.get();
}

void Reactor::for_each_connection(const std::function<void(Connection&)>& visit) {
  WEIR_DCHECK(in_thread());
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    Connection* connection = slots_[i].connection.get();
    if (connection != nullptr && !connection->is_closed()) visit(*connection);
  }
}

TimerId Reactor::schedule(std::int64_t delay_ms, Task task) {
  return timers_.schedule(now_ms_, delay_ms, std::move(task));
}

void Reactor::flush() {
  tasks_at_flush_.swap(to_run_at_flush_);
  for (Task& task : tasks_at_flush_) task();
  tasks_at_flush_.clear();
  // What a flush queues again is for the next tick.
  flushing_.swap(to_flush_);
  if (parallel_io_ != nullptr) {
    if (parallel_io_->send(flushing_)) counters_.shared_rounds.add();
  } else {
    for (Connection* connection : flushing_) connection->flush();
  }
  flushing_.clear();
}

void Reactor::reap() {
  // closed() may close others: they are appended and reaped in the same round.
  for (std::size_t i = 0; i < to_reap_.size(); ++i) destroy(*to_reap_[i]);
  to_reap_.clear();
  removed_sources_.clear();
}

void Reactor::destroy(Connection& connection) {
  connection.end_session();
  if (connection.flush_queued_) std::erase(to_flush_, &connection);
  backend_->remove(connection.channel_);
  sockets_.close(connection.channel_.fd);
  Slot& slot = slots_[connection.id().slot()];
  if (++slot.generation == 0) slot.generation = 1;
  free_slots_.push_back(connection.id().slot());
  slot.connection.reset();
  counters_.closed.add();
  load_.fetch_sub(1, std::memory_order_relaxed);
}

void Reactor::stop(int drain_ms) {
  post([this, drain_ms] { begin_drain(drain_ms); });
}

void Reactor::begin_drain(int drain_ms) {
  const std::int64_t deadline = now_ms_ + drain_ms;
  drain_deadline_ms_ = draining_ ? std::min(drain_deadline_ms_, deadline) : deadline;
  if (draining_) return;
  draining_ = true;
  for (const auto& acceptor : acceptors_) {
    backend_->remove(acceptor->source->channel);
    acceptor->listener->close();
  }
}

void Reactor::drain() {
  for_each_connection([](Connection& connection) { connection.begin_stop(); });
  for (Tenant* tenant : tenants_) tenant->begin_stop();
  std::size_t open = load_.load(std::memory_order_relaxed) + busy_tenants();
  while (open > 0 && now_ms_ < drain_deadline_ms_) {
    tick();
    open = busy_tenants();
    for_each_connection([&open](Connection& connection) {
      connection.go_on_stopping();
      if (!connection.is_closed()) ++open;
    });
    reap();
  }
  for_each_connection([this](Connection& connection) {
    if (connection.has_drained()) return connection.close();
    ++stragglers_;
    connection.close(Status::error("the server stopped before this connection had drained"));
  });
  reap();
  for (Tenant* tenant : tenants_) tenant->end_stop();
  for (const Accepted& accepted : handoff_.close()) turn_away(accepted);
}

std::size_t Reactor::busy_tenants() const {
  return static_cast<std::size_t>(
      std::count_if(tenants_.begin(), tenants_.end(),
                    [](const Tenant* tenant) { return !tenant->has_drained(); }));
}

}  // namespace weir
