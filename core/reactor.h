// One thread, one backend, its connections, its timers, its mailbox. One tick:
//
//   wait -> receive, decode, handle; accept; mailbox -> timers -> flush -> reap
//
// A flush is one send for each connection with output. With many ready connections one follows
// each batch of them.
//
// It owns its connections outright. What another thread wants of them it posts.
//
// Thread rule: post(), hand_off(), stop(), load() and the counters from any thread; open() and
// add_listener() before run(), add_source() then too; everything else on the thread that is inside
// run(), which in_thread() checks.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "base/status.h"
#include "core/acceptor.h"
#include "core/address.h"
#include "core/backend.h"
#include "core/buffer_budget.h"
#include "core/buffer_pressure.h"
#include "core/chunk_pool.h"
#include "core/connection.h"
#include "core/connection_id.h"
#include "core/connection_table.h"
#include "core/handoff_queue.h"
#include "core/listener.h"
#include "core/mailbox.h"
#include "core/reactor_counters.h"
#include "core/session.h"
#include "core/sockets.h"
#include "core/source.h"
#include "core/source_table.h"
#include "core/tenant.h"
#include "core/timer_wheel.h"

namespace weir {

class ParallelIo;

class Reactor {
 public:
  using Task = Mailbox::Task;
  struct Options {
    BackendKind backend = BackendKind::kEpoll;
    HandoffNotify handoff_notify = HandoffNotify::kPipe;
    std::size_t read_budget = kReadBytes;
    std::int64_t idle_poll_us = 0;  // looks for events so long before it sleeps in the kernel
    std::uint32_t io_threads = 1;   // that receive, decode and send, the reactor's own among them
    BufferBudget* budget = &BufferBudget::process();
  };

  // `index` is the reactor's part of its connections' ids. `sockets` outlives the reactor.
  Reactor(std::uint32_t index, Sockets& sockets, const Options& options);
  ~Reactor();
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  Status open();
  // Accepts on `listener`, which is open and outlives run(), and gives the connections to `dealer`.
  Status add_listener(Listener& listener, Acceptor::Dealer dealer, Acceptor::Turns turns = {});
  // Before run(): forgets a listener, if it was added.
  void remove_listener(Listener& listener);
  // Calls `on_ready` whenever `fd` is ready for what `interest` says. The reactor does not own
  // `fd`, which stays open until remove_source(). Before run(), or on the reactor's thread;
  // `on_ready` must not throw.
  Result<Source*> add_source(int fd, Interest interest, Source::OnReady on_ready) {
    return sources_.add(fd, interest, std::move(on_ready));
  }
  // One that others watch too: the kernel wakes one of them. For reading, and not to be changed.
  Result<Source*> add_shared_source(int fd, Source::OnReady on_ready) {
    return sources_.add_shared(fd, std::move(on_ready));
  }
  // A listening socket, which others may watch too; accept() takes from it, as accept(2) would,
  // also in the tick in which it was removed.
  Result<Source*> add_listening_source(int fd, bool shared, Source::OnReady on_ready) {
    return sources_.add_listening(fd, shared, std::move(on_ready));
  }
  int accept(const Source& source, sockaddr* peer, socklen_t* length) {
    return backend_->accept(source.channel, peer, length);
  }
  void set_interest(Source& source, Interest interest) { sources_.set_interest(source, interest); }
  // Not called between the two; neither allocates. Watched again, a shared one is the last in line.
  void pause_source(Source& source) { sources_.pause(source); }
  Status resume_source(Source& source) { return sources_.resume(source); }
  // Not called again from here on, and gone at the end of the tick.
  void remove_source(Source& source) { sources_.remove(source); }

  // Tells `tenant`, which outlives run(), of a stop. Before run(), or on the reactor's thread.
  void add_tenant(Tenant& tenant) { tenants_.push_back(&tenant); }
  void remove_tenant(Tenant& tenant);

  // Ticks until stop() has been called and the connections have drained or the deadline passed.
  void run();

  // Stops accepting, lets every connection finish what has arrived and what is queued, at most for
  // drain_ms; run() returns then. Called again it can only bring the deadline nearer.
  // `accepts_no_more` runs on the reactor when it has stopped accepting.
  void stop(int drain_ms, Task accepts_no_more = nullptr);
  // Stops accepting, and serves on until its connections have ended by themselves, at most for
  // serve_ms; then as stop(drain_ms). For a server whose successor accepts. At once on its own
  // thread.
  void retire(int serve_ms, int drain_ms);
  // Connections that had not drained by the deadline and were cut off. After run().
  std::size_t stragglers() const { return stragglers_; }

  // Runs `task` on this reactor. It must not throw: whoever works for one connection goes through
  // Engine::post() or Connection::run(), which contain exceptions.
  void post(Task task) { mailbox_.post(std::move(task)); }
  // Gives this reactor an accepted connection: at once on its own thread, else through the queue.
  // Where there is no memory for it, it is closed.
  void hand_off(Accepted accepted);
  // Before run(): counts its load there from now on, where other processes can read it.
  void count_load_at(std::atomic<std::uint32_t>& load) { load_ = &load; }
  // Closes a connection that it accepted and that nobody may have: there are max_connections.
  void refuse(const Accepted& accepted);
  // Its acceptors have closed so many for want of descriptors.
  void count_refused(std::uint64_t connections) { counters_.refused_descriptors.add(connections); }
  // Makes a socket that was connected a connection of this reactor, at once; it owns `fd`, and
  // needs `service` during the call only. An error, with the descriptor closed or about to be, when
  // the reactor is stopping, has no memory, or the service failed.
  Result<Connection*> adopt_connected(const Accepted& connected);
  // Open connections, counting those on their way here.
  const std::atomic<std::uint32_t>& load() const { return *load_; }
  const ReactorCounters& counters() const { return counters_; }
  std::uint32_t index() const { return index_; }

  // nullptr when it is closed, or was never here.
  Connection* find(ConnectionId id);
  // Every connection that is not closed.
  void for_each_connection(const std::function<void(Connection&)>& visit);

  // `task` must not throw either.
  TimerId schedule(std::int64_t delay_ms, Task task);
  bool cancel(TimerId timer) { return timers_.cancel(timer); }
  // Runs `task` once, at the end of this tick, before it sends what it has gathered; what it posts
  // so itself runs in the next. `task` must not throw.
  void run_at_flush(Task task) { to_run_at_flush_.push_back(std::move(task)); }
  // Takes no connections any more, not even those that move here. Any thread.
  bool has_ended() { return handoff_.is_closed(); }
  // Takes no new connections any more.
  bool is_stopping() const { return draining_; }
  // The same, or will in time: another server has taken its place.
  bool is_retiring() const { return draining_ || retiring_; }
  // The monotonic clock as read when this tick began, in microseconds and in milliseconds.
  std::int64_t tick_start_us() const { return tick_start_us_; }
  std::int64_t now_ms() const { return now_ms_; }

  Sockets& sockets() const { return sockets_; }
  bool in_thread() const { return current() == this; }
  // The reactor whose run() this thread is in; nullptr for other threads.
  static Reactor* current();

 private:
  friend class Connection;

  // Timers a tick may fire, so that a burst of deadlines does not stop the traffic.
  static constexpr std::size_t kTimersPerTick = 1024;

  // What a batch of connections has been answered is sent before the next is read, while it is in
  // the cache: with 1000 clients at a time and one send phase a tick a message costs a third more.
  static constexpr std::size_t kBatchBytes = 256 * 1024;  // of chunks: 32 small replies

  void tick();
  void wait();
  bool poll(int limit_ms);
  void start_tick();
  void finish_tick(std::size_t events);
  int wait_limit() const;
  void dispatch(const Event& event);
  bool gather(const Event& event, Connection& connection);
  void dispatch_stream(const Event& event, Connection& connection);
  bool batch_is_full() const;
  void finish_batch();
  void finish_reads();
  void resume_acceptors();
  void run_mailbox();
  void adopt_handed_off();
  Connection* adopt(const Accepted& accepted, Counter& counter);
  void begin(Connection& connection, const Accepted& accepted);
  Connection* make_connection(const Accepted& accepted);
  void turn_away(int fd);
  void flush();
  void flush_connections();
  void reap();
  void destroy(Connection& connection);
  void detach(Connection& connection);
  bool send_on(Connection& connection);

  bool has_retired() const {
    return retiring_ && load_->load(std::memory_order_relaxed) == 0 && busy_tenants() == 0;
  }
  void stop_accepting();
  void begin_drain(int drain_ms);
  void drain();
  void finish_connections();
  void tell_tenants(void (Tenant::*what)());
  std::size_t busy_tenants() const;

  const std::uint32_t index_;
  const std::int64_t idle_poll_us_;
  Sockets& sockets_;
  std::unique_ptr<Backend> backend_;
  const bool queues_sends_;
  Mailbox mailbox_;
  HandoffQueue handoff_;
  bool mailbox_ready_ = false;  // its descriptor is: at one place in the tick both are looked after
  bool handoff_ready_ = false;
  std::unique_ptr<ParallelIo> parallel_io_;  // nullptr with one I/O thread
  TimerWheel timers_;
  ChunkPool chunk_pool_;
  SourceTable sources_;
  std::vector<std::unique_ptr<Acceptor>> acceptors_;
  std::vector<Tenant*> tenants_;
  std::size_t next_told_ = 0;

  std::atomic<std::uint32_t> own_load_{0};
  std::atomic<std::uint32_t>* load_ = &own_load_;
  BufferPressure pressure_;  // a connection takes leave of it
  ConnectionTable connections_;
  std::vector<Task> to_run_at_flush_;
  std::vector<Task> tasks_at_flush_;  // those that run
  // These have room for all connections: adding to them allocates nothing.
  std::vector<Connection*> to_flush_;
  std::vector<Connection*> flushing_;
  std::size_t in_use_at_flush_ = 0;  // of the chunks, when output was last sent
  std::vector<Connection*> to_reap_;

  std::int64_t tick_start_us_ = 0;
  std::int64_t tick_end_us_ = 0;
  std::int64_t now_ms_ = 0;
  bool retiring_ = false;
  bool draining_ = false;
  std::int64_t drain_deadline_ms_ = 0;
  std::size_t stragglers_ = 0;

  ReactorCounters counters_;
};

}  // namespace weir
