#include "core/reactor.h"

#include <algorithm>
#include <new>
#include <string>
#include <utility>

#include "base/check.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/parallel_io.h"
#include "core/sigpipe_block.h"

namespace weir {
namespace {

thread_local Reactor* current_reactor = nullptr;

}  // namespace

Reactor::Reactor(std::uint32_t index, Sockets& sockets, const Options& options)
    : index_(index),
      idle_poll_us_(options.idle_poll_us),
      sockets_(sockets),
      backend_(make_backend(options.backend, sockets, options.read_budget)),
      queues_sends_(backend_->queues_sends()),
      mailbox_(sockets, *backend_),
      handoff_(sockets, options.handoff_notify, *backend_),
      sources_(*backend_),
      pressure_(*options.budget, chunk_pool_, connections_),
      connections_(index),
      now_ms_(monotonic_ms()) {
  if (options.io_threads > 1) {
    parallel_io_ = std::make_unique<ParallelIo>(*backend_, options.io_threads);
  }
}

Reactor::~Reactor() {
  for (std::uint32_t slot = 0; slot < connections_.size(); ++slot) {
    const Connection* connection = connections_.at(slot);
    if (connection != nullptr) sockets_.close(connection->channel_.fd);
  }
}

Reactor* Reactor::current() { return current_reactor; }

Status Reactor::open() {
  Status status = backend_->open();
  if (status.is_ok()) status = mailbox_.open();
  if (status.is_ok()) status = handoff_.open();
  if (status.is_ok()) {
    status = add_source(mailbox_.fd(), {}, [this](Interest) { mailbox_ready_ = true; }).status();
  }
  if (status.is_ok()) {
    status = add_source(handoff_.fd(), {}, [this](Interest) { handoff_ready_ = true; }).status();
  }
  if (status.is_ok()) pressure_.join(load(), [this] { mailbox_.wake(); });
  return status;
}

Status Reactor::add_listener(Listener& listener, Acceptor::Dealer dealer, Acceptor::Turns turns) {
  auto acceptor = std::make_unique<Acceptor>(*this, listener, std::move(dealer), turns);
  const Status status = acceptor->start();
  if (status.is_ok()) {
    acceptors_.push_back(std::move(acceptor));
  } else {
    acceptor->stop();
  }
  return status;
}

void Reactor::remove_listener(Listener& listener) {
  std::erase_if(acceptors_, [&listener](const auto& acceptor) {
    const bool found = &acceptor->listener() == &listener;
    if (found) acceptor->stop();
    return found;
  });
}

void Reactor::run() {
  WEIR_CHECK(current_reactor == nullptr);
  current_reactor = this;
  const SigpipeBlock block;  // of sendfile(2), where the program does not ignore it
  tick_end_us_ = monotonic_us();
  while (!draining_ && !has_retired()) tick();
  if (!draining_) begin_drain(0);  // nobody is left
  drain();
  backend_->finish_removals();
  current_reactor = nullptr;
}

void Reactor::tick() {
  wait();
  start_tick();
  Event event{};
  std::size_t events = 0;
  for (; backend_->next(event); ++events) {
    dispatch(event);
    if (batch_is_full()) finish_batch();
  }
  if (std::exchange(handoff_ready_, false) || handoff_.is_called()) adopt_handed_off();
  if (std::exchange(mailbox_ready_, false) || mailbox_.is_called()) run_mailbox();
  if (parallel_io_ != nullptr) finish_reads();
  if (timers_.size() > 0) timers_.advance(now_ms_, kTimersPerTick);
  resume_acceptors();
  flush();
  pressure_.close_largest_if_over();
  reap();
  sources_.forget_removed();
  pressure_.resume_if_eased();
  reap();  // whom those closed that went on
  finish_tick(events);
}

void Reactor::wait() {
  if (idle_poll_us_ > 0 && poll(wait_limit())) return;
  backend_->wait(wait_limit());
}

// Looks without sleeping, for the time that the option gives; true when something has happened. To
// be woken in the kernel takes longer than many requests.
bool Reactor::poll(int limit_ms) {
  std::int64_t until_us = tick_end_us_ + idle_poll_us_;
  if (limit_ms >= 0) until_us = std::min(until_us, tick_end_us_ + limit_ms * std::int64_t{1000});
  bool found = false;
  mailbox_.look();
  while (!found && tick_end_us_ < until_us) {
    found = backend_->wait(0) || mailbox_.is_called();
    if (!found) tick_end_us_ = monotonic_us();
  }
  return mailbox_.stop_looking() || found;
}

void Reactor::start_tick() {
  tick_start_us_ = monotonic_us();
  now_ms_ = tick_start_us_ / 1000;
  counters_.ticks.add();
}

void Reactor::finish_tick(std::size_t events) {
  tick_end_us_ = monotonic_us();
  counters_.events.record(events);
  counters_.tick_us.record(static_cast<std::uint64_t>(tick_end_us_ - tick_start_us_));
}

int Reactor::wait_limit() const {
  if (!to_flush_.empty() || !to_run_at_flush_.empty()) return 0;
  if (draining_) return 1;
  // Not the tick's own time: the tick that has ended is part of the delay.
  const int delay_ms = timers_.size() > 0 ? timers_.next_delay(tick_end_us_ / 1000) : -1;
  const bool paused = std::any_of(acceptors_.begin(), acceptors_.end(), [](const auto& acceptor) {
    return acceptor->paused_until_ms() != 0;
  });
  if (!paused) return delay_ms;
  return delay_ms < 0 ? Listener::kPauseMs : std::min(delay_ms, Listener::kPauseMs);
}

// Not by a timer, which might find no memory either.
void Reactor::resume_acceptors() {
  for (const auto& acceptor : acceptors_) {
    const std::int64_t until_ms = acceptor->paused_until_ms();
    if (until_ms != 0 && now_ms_ >= until_ms) acceptor->resume();
  }
}

void Reactor::dispatch(const Event& event) {
  if (event.kind == Event::Kind::kReady) {
    static_cast<Source*>(event.channel->owner)->on_ready(event.ready);
    return;
  }
  auto& connection = *static_cast<Connection*>(event.channel->owner);
  if (connection.is_closed()) return;
  connection.contain([this, &event, &connection] {
    if (parallel_io_ == nullptr || !gather(event, connection)) dispatch_stream(event, connection);
  });
}

// A read is for the threads, one of a connection at a time: what else comes of it stands behind.
bool Reactor::gather(const Event& event, Connection& connection) {
  if (connection.gathered_) finish_reads();
  const bool read = event.kind == Event::Kind::kBytes || event.kind == Event::Kind::kReadable;
  if (read) parallel_io_->gather(connection, event);
  return read;
}

void Reactor::dispatch_stream(const Event& event, Connection& connection) {
  switch (event.kind) {
    case Event::Kind::kBytes:
      counters_.receives.add();
      counters_.bytes_received.add(event.bytes.size());
      return connection.receive(event.bytes);
    case Event::Kind::kEnd:
      return connection.peer_ended();
    case Event::Kind::kFailed:
      return connection.fail(event.error);
    case Event::Kind::kSent:
      return connection.finish_flush({event.result, event.total});
    case Event::Kind::kWritable:
      return connection.flush_later();
    case Event::Kind::kReadable:
    case Event::Kind::kReady:
      return;
  }
}

bool Reactor::batch_is_full() const {
  if (parallel_io_ != nullptr) return parallel_io_->is_full();
  return chunk_pool_.in_use() >= in_use_at_flush_ + kBatchBytes;
}

void Reactor::finish_batch() {
  if (parallel_io_ != nullptr) finish_reads();
  flush_connections();
}

// In the order of their events, as without I/O threads.
void Reactor::finish_reads() {
  if (parallel_io_->receive()) counters_.shared_rounds.add();
  for (ParallelIo::Read& read : parallel_io_->reads()) {
    Connection& connection = *read.connection;
    connection.gathered_ = false;
    if (connection.is_closed()) {
      connection.forget_input();
      continue;
    }
    const bool readable = read.event.kind == Event::Kind::kReadable;
    if (readable && !backend_->received(read.event, read.result, read.room)) continue;
    connection.contain([this, &read, &connection] {
      if (!read.decoded) return dispatch_stream(read.event, connection);
      counters_.receives.add();
      counters_.bytes_received.add(read.event.bytes.size());
      connection.receive_decoded(read.event.bytes.size(), read.ahead);
    });
  }
  parallel_io_->forget();
}

void Reactor::run_mailbox() {
  const Mailbox::Batch batch = mailbox_.take();
  if (batch.tasks.empty()) return;  // its wake-up came after they had run
  counters_.mailbox_depth.record(batch.tasks.size());
  counters_.mailbox_delay_us.record(static_cast<std::uint64_t>(monotonic_us() - batch.posted_us));
  for (const Task& task : batch.tasks) task();
}

void Reactor::hand_off(Accepted accepted) {
  load_->fetch_add(1, std::memory_order_relaxed);
  if (in_thread()) {
    adopt(accepted, counters_.accepted);
    return;
  }
  const int fd = accepted.fd;
  try {
    if (handoff_.push(std::move(accepted))) return;
  } catch (const std::bad_alloc&) {
    WEIR_LOG(kWarning, "out of memory: a connection is closed before it reaches its reactor");
  }
  turn_away(fd);
}

void Reactor::adopt_handed_off() {
  for (const Accepted& accepted : handoff_.take()) adopt(accepted, counters_.accepted);
}

void Reactor::refuse(const Accepted& accepted) {
  WEIR_DCHECK(in_thread());
  sockets_.close(accepted.fd);
  counters_.refused_max_connections.add();
}

Result<Connection*> Reactor::adopt_connected(const Accepted& connected) {
  load_->fetch_add(1, std::memory_order_relaxed);
  Connection* connection = adopt(connected, counters_.connected);
  if (connection == nullptr) {
    return Status::error(draining_ ? "its reactor is stopping" : "there is no memory for it");
  }
  if (!connection->is_closed()) return connection;
  const Status& reason = connection->close_reason_;
  return reason.is_ok() ? Status::error("its service closed the connection") : reason;
}

// nullptr when this reactor is stopping, or has no memory. REQUIRES: the connection is counted in
// load_.
Connection* Reactor::adopt(const Accepted& accepted, Counter& counter) {
  WEIR_DCHECK(in_thread());
  Connection* const connection = make_connection(accepted);
  if (connection == nullptr) {
    turn_away(accepted.fd);
    return nullptr;
  }
  counter.add();
  connection->contain([this, connection, &accepted] { begin(*connection, accepted); });
  return connection;
}

void Reactor::begin(Connection& connection, const Accepted& accepted) {
  if (accepted.moving == nullptr) {
    connection.open_session(*accepted.service);
  } else {
    connection.arrive(*accepted.moving);
  }
  if (connection.is_closed()) return;
  const Status status = backend_->add(connection.channel_);
  if (!status.is_ok()) return connection.close(status);
  if (draining_) connection.begin_stop();  // dealt before the stop, and answered as the others
}

// nullptr where there is no memory for it.
Connection* Reactor::make_connection(const Accepted& accepted) {
  try {
    const ConnectionId id = connections_.next_id();
    for (auto* list : {&to_flush_, &flushing_, &to_reap_}) list->reserve(connections_.size());
    return &connections_.put(std::make_unique<Connection>(*this, id, accepted.fd, accepted.peer));
  } catch (const std::bad_alloc&) {
    WEIR_LOG(kWarning, "out of memory: a new connection is closed");
    return nullptr;
  }
}

// For a reactor that stops or has stopped; on any thread. REQUIRES: counted in load_.
void Reactor::turn_away(int fd) {
  sockets_.close(fd);
  load_->fetch_sub(1, std::memory_order_relaxed);
}

Connection* Reactor::find(ConnectionId id) {
  WEIR_DCHECK(in_thread());
  Connection* const connection = connections_.find(id);
  return connection == nullptr || connection->is_closed() ? nullptr : connection;
}

void Reactor::for_each_connection(const std::function<void(Connection&)>& visit) {
  WEIR_DCHECK(in_thread());
  for (std::uint32_t slot = 0; slot < connections_.size(); ++slot) {
    Connection* connection = connections_.at(slot);
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
  flush_connections();
}

void Reactor::flush_connections() {
  // What a flush queues again is for the next.
  flushing_.swap(to_flush_);
  if (parallel_io_ != nullptr) {
    if (parallel_io_->send(flushing_)) counters_.shared_rounds.add();
  } else {
    // By number: a session may adopt another, for which the list has to grow.
    for (std::size_t i = 0; i < flushing_.size(); ++i) flushing_[i]->flush();
  }
  flushing_.clear();
  in_use_at_flush_ = chunk_pool_.in_use();
}

void Reactor::reap() {
  if (to_reap_.empty()) return;
  // closed() may close others: they are appended and reaped in the same round.
  std::size_t kept = 0;
  for (std::size_t i = 0; i < to_reap_.size(); ++i) {
    Connection& connection = *to_reap_[i];
    // What is being sent can't be taken along; the send is over in the next tick.
    const bool stays = connection.channel_.sending && !connection.is_closed();
    stays ? void(to_reap_[kept++] = &connection) : destroy(connection);
  }
  to_reap_.resize(kept);
  pressure_.count_freed();
}

void Reactor::destroy(Connection& connection) {
  const bool moves = connection.moving_to_ != nullptr && !connection.is_closed();
  if (moves && (!connection.can_move() || connection.moving_to_->has_ended())) {
    // Something keeps it, since, or its new reactor has ended: it goes on here.
    connection.stay();
    return;
  }
  moves ? detach(connection) : backend_->remove(connection.channel_);
  const bool moves_on = moves && send_on(connection);
  if (!moves_on) {
    connection.end_session();
    sockets_.close(connection.channel_.fd);
  }
  if (connection.flush_queued_) std::erase(to_flush_, &connection);
  moves_on ? counters_.moved_on.add() : counters_.closed.add(connection.close_cause_);
  counters_.output_waiting.move(-static_cast<std::int64_t>(connection.waiting_output_));
  connections_.erase(connection.id());
  load_->fetch_sub(1, std::memory_order_relaxed);
}

void Reactor::detach(Connection& connection) {
  std::string unread;
  if (!backend_->detach(connection.channel_, unread)) {
    return connection.close(CloseCause::kReset, Status::error("it was lost while it moved"));
  }
  if (!unread.empty()) connection.keep_received(unread);
}

// False where its new reactor has ended just now, or there is no memory: it ends here.
bool Reactor::send_on(Connection& connection) {
  if (connection.is_closed()) return false;
  Reactor& target = *connection.moving_to_;
  Accepted moved{connection.channel_.fd, Address(), nullptr};
  target.load_->fetch_add(1, std::memory_order_relaxed);
  connection.contain([&] {
    moved.peer = connection.peer_;
    moved.moving = connection.take_along();
    if (target.handoff_.push(std::move(moved))) return;
    connection.close(CloseCause::kStop, Status::error("its new reactor has stopped"));
  });
  if (!connection.is_closed()) return true;
  // An exception may have come before it was taken along.
  if (moved.moving != nullptr) connection.session_ = std::move(moved.moving->session);
  target.load_->fetch_sub(1, std::memory_order_relaxed);
  return false;
}

void Reactor::stop(int drain_ms, Task accepts_no_more) {
  post([this, drain_ms, accepts_no_more = std::move(accepts_no_more)] {
    begin_drain(drain_ms);
    if (accepts_no_more != nullptr) accepts_no_more();
  });
}

void Reactor::begin_drain(int drain_ms) {
  // Not the tick's own time, of which the order may have come at the end.
  const std::int64_t deadline = monotonic_ms() + drain_ms;
  drain_deadline_ms_ = draining_ ? std::min(drain_deadline_ms_, deadline) : deadline;
  if (draining_) return;
  draining_ = true;
  stop_accepting();
}

void Reactor::stop_accepting() {
  for (const auto& acceptor : acceptors_) {
    acceptor->stop();
    backend_->finish_removals();
    acceptor->accept_last();
    acceptor->listener().close();
  }
  acceptors_.clear();
}

void Reactor::retire(int serve_ms, int drain_ms) {
  if (!in_thread()) return post([this, serve_ms, drain_ms] { retire(serve_ms, drain_ms); });
  if (draining_ || retiring_) return;
  retiring_ = true;
  stop_accepting();
  tell_tenants(&Tenant::begin_retirement);
  schedule(serve_ms, [this, drain_ms] { begin_drain(drain_ms); });
}

void Reactor::drain() {
  tell_tenants(&Tenant::begin_stop);
  for_each_connection([](Connection& connection) { connection.begin_stop(); });
  finish_connections();
  // What others dealt or sent on until now is answered too; from here on they keep theirs.
  const std::vector<Accepted> last = handoff_.close();
  for (const Accepted& accepted : last) adopt(accepted, counters_.accepted);
  if (!last.empty()) finish_connections();
  for_each_connection([this](Connection& connection) {
    if (connection.has_drained()) return connection.close(CloseCause::kStop);
    ++stragglers_;
    connection.contain([&connection] {
      connection.close(CloseCause::kStop,
                       Status::error("the server stopped before this connection had drained"));
    });
  });
  reap();
  tell_tenants(&Tenant::end_stop);
}

// One that is told may remove others.
void Reactor::tell_tenants(void (Tenant::*what)()) {
  for (next_told_ = 0; next_told_ < tenants_.size();) (tenants_[next_told_++]->*what)();
}

void Reactor::remove_tenant(Tenant& tenant) {
  const auto found = std::find(tenants_.begin(), tenants_.end(), &tenant);
  if (found == tenants_.end()) return;
  if (found < tenants_.begin() + static_cast<std::ptrdiff_t>(next_told_)) --next_told_;
  tenants_.erase(found);
}

// Ticks until nobody has anything left to finish, or the deadline.
void Reactor::finish_connections() {
  std::size_t open = load_->load(std::memory_order_relaxed) + busy_tenants();
  while (open > 0 && now_ms_ < drain_deadline_ms_) {
    tick();
    open = busy_tenants();
    for_each_connection([&open](Connection& connection) {
      connection.contain([&connection] { connection.go_on_stopping(); });
      if (!connection.is_closed()) ++open;
    });
    reap();
  }
}

std::size_t Reactor::busy_tenants() const {
  return static_cast<std::size_t>(
      std::count_if(tenants_.begin(), tenants_.end(),
                    [](const Tenant* tenant) { return !tenant->has_drained(); }));
}

}  // namespace weir
