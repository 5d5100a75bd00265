#include "core/engine.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "core/buffer_budget.h"
#include "core/log.h"
#include "core/reactor_threads.h"
#include "core/uring_probe.h"

namespace weir {

Engine::Engine(Options options, Sockets& sockets)
    : options_(std::move(options)),
      sockets_(sockets),
      placement_(place(options_.model, options_.threads)),
      admission_(options_, reactors_),
      inheritance_(sockets),
      estate_(sockets, options_, reactors_, inheritance_, admission_),
      signals_(sockets) {
  if (options_.buffer_budget > 0) BufferBudget::process().set_limit(options_.buffer_budget);
  open_status_ = open();
}

Engine::~Engine() = default;

Status Engine::open() {
  Status status = options_.check_ranges();
  if (status.is_ok()) status = choose_backend();
  if (status.is_ok() && prefork()) status = open_master();
  if (status.is_ok()) status = open_reactors();
  if (status.is_ok()) status = admission_.open();
  if (status.is_ok() && options_.handle_signals) status = watch_signals();
  if (status.is_ok()) status = inheritance_.claim(options_.upgrade_socket);
  return status.is_ok() ? open_handover() : status;
}

Status Engine::choose_backend() {
  BackendKind& backend = options_.backend;
  if (backend != BackendKind::kUring && backend != BackendKind::kAuto) return Status::ok();
  const Status status = probe_uring(sockets_);
  if (backend == BackendKind::kUring) {
    return status.is_ok() ? status : Status::error("backend io_uring: " + status.message());
  }
  backend = status.is_ok() ? BackendKind::kUring : BackendKind::kEpoll;
  WEIR_LOG(kNotice, "backend auto: %s%s", std::string(backend_name(backend)).c_str(),
           status.is_ok() ? "" : (", as " + status.message()).c_str());
  return Status::ok();
}

Status Engine::open_reactors() {
  for (std::uint32_t i = 0; i < placement_.reactors; ++i) {
    reactors_.push_back(
        std::make_unique<Reactor>(i, sockets_,
                                  Reactor::Options{.backend = options_.backend,
                                                   .handoff_notify = options_.handoff_notify,
                                                   .read_budget = options_.read_budget,
                                                   .idle_poll_us = options_.idle_poll_us,
                                                   .io_threads = placement_.io_threads}));
    // A worker opens its own: descriptors of a back end must not be shared.
    const Status status = prefork() ? Status::ok() : reactors_.back()->open();
    if (!status.is_ok()) return status;
    connects_.push_back(std::make_unique<ConnectQueue>(
        *reactors_.back(), Resolver::Options{.name_servers = options_.name_servers}));
  }
  return Status::ok();
}

Status Engine::open_master() {
  master_ = std::make_unique<Master>(
      placement_.processes, sockets_,
      Master::Hooks{
          .work = [this](std::uint32_t worker, int orders) { return work(worker, orders); },
          .ended = [this](std::uint32_t worker) { on_worker_end(worker); },
          .ordered = [this](Master::Order order) { on_order(order); },
          .all_serve = [this] { take_over(); }});
  return master_->open();
}

Result<Address> Engine::listen(std::string_view address, Service service) {
  if (!open_status_.is_ok()) return open_status_;
  return estate_.listen(address, std::move(service));
}

Result<Address> Engine::listen_datagrams(std::string_view address, DatagramService service,
                                         DatagramOptions options) {
  if (!open_status_.is_ok()) return open_status_;
  return estate_.listen_datagrams(address, std::move(service), options);
}

Result<Address> Engine::listen_datagrams(std::string_view address, DatagramHandler handler,
                                         DatagramOptions options) {
  if (!open_status_.is_ok()) return open_status_;
  return estate_.listen_datagrams(address, std::move(handler), options);
}

int Engine::run() {
  Status status = open_status_;
  if (status.is_ok() && prefork()) {
    status = run_master();
  } else if (status.is_ok()) {
    ReactorThreads threads(reactors_, options_.cpus, sockets_);
    status = threads.run(
        signals_.fd(), [this] { on_signal(); },
        [this] {
          estate_.complete(true);
          take_over();
        });
  }
  if (!status.is_ok()) {
    WEIR_LOG(kWarning, "cannot start: %s", status.message().c_str());
    return 1;
  }
  end_process();
  return 0;
}

// Before anybody can know of the server: a signal that comes early is kept until run().
Status Engine::watch_signals() {
  // Standard error may be a pipe that nobody reads any more.
  ::signal(SIGPIPE, SIG_IGN);
  // A terminal that is closed takes no server with it, as with Redis.
  ::signal(SIGHUP, SIG_IGN);
  const Status status = signals_.open({SIGTERM, SIGINT, SIGUSR2});
  return status.is_ok() ? watcher().watch(signals_.fd(), [this] { on_signal(); }) : status;
}

Handover::Watcher Engine::watcher() {
  if (prefork()) {
    return {[this](int fd, std::function<void()> on_ready) {
              master_->watch(fd, std::move(on_ready));
              return Status::ok();
            },
            [this](int fd) { master_->unwatch(fd); }};
  }
  return {[this](int fd, std::function<void()> on_ready) {
            const Result<Source*> source = reactors_[0]->add_source(
                fd, {}, [on_ready = std::move(on_ready)](Interest) { on_ready(); });
            if (source.is_ok()) watched_[fd] = source.value();
            return source.status();
          },
          [this](int fd) {
            reactors_[0]->remove_source(*watched_[fd]);
            watched_.erase(fd);
          }};
}

Status Engine::open_handover() {
  const auto bequests = [this]() -> Result<std::vector<Bequest>> {
    if (stopping()) return Status::error("this server is stopping");
    return estate_.bequests();
  };
  handover_ = std::make_unique<Handover>(sockets_, watcher(), bequests, [this] { retire(); });
  const std::string& path = options_.upgrade_socket;
  if (path.empty()) return Status::ok();
  const std::vector<int> inherited = inheritance_.take(Handover::name(path));
  return handover_->listen(path, inherited.empty() ? -1 : inherited.front());
}

// From here on this server serves, and the one before it, if there is one, does not.
void Engine::take_over() {
  estate_.own_paths(true);
  handover_->own_path();
  inheritance_.confirm();
}

Status Engine::run_master() {
  estate_.complete(false);
  master_->run();
  estate_.close();
  return master_status_;
}

// In the master. Whoever has a predecessor leaves the place to it rather than try again.
void Engine::on_worker_end(std::uint32_t worker) {
  admission_.load_of(worker).store(0);
  estate_.abandon_turns(worker);
  if (!inheritance_.has_predecessor() || stopping()) return;
  master_status_ = Status::error("worker " + std::to_string(worker) +
                                 " ended before all served: the server before goes on");
  master_->order(Master::Order::kStopNow);
}

// A worker's whole life.
int Engine::work(std::uint32_t number, int orders) {
  const Status status = become_worker(number, orders);
  if (!status.is_ok()) {
    WEIR_LOG(kWarning, "worker %u cannot start: %s", number, status.message().c_str());
    return 1;
  }
  bind_to_cpu(options_.cpus, number);
  worker_->run();
  end_process();
  return 0;
}

Status Engine::become_worker(std::uint32_t number, int orders) {
  handover_->leave_to_parent();
  inheritance_.close();
  Reactor& reactor = *reactors_[0];
  reactor.count_load_at(admission_.load_of(number));
  worker_ = std::make_unique<Worker>(number, orders, *master_, reactor,
                                     [this](Master::Order order) { obey(order); });
  Status status = worker_->open();
  if (status.is_ok()) status = estate_.serve(number);
  if (status.is_ok() && options_.handle_signals) {
    // Ctrl-C reaches every process of a terminal; the master says what it means.
    status = signals_.open({SIGTERM});
    if (status.is_ok()) {
      status = reactor.add_source(signals_.fd(), {}, [this](Interest) { on_signal(); }).status();
    }
  }
  return status;
}

void Engine::obey(Master::Order order) {
  if (order == Master::Order::kRetire) return retire_reactors();
  stop_reactors(order == Master::Order::kStopNow ? 0 : options_.drain_ms,
                phase_.exchange(Phase::kStopping));
}

// In the master, which closes what it only kept open for its workers.
void Engine::on_order(Master::Order order) {
  if (order != Master::Order::kRetire) {
    phase_ = Phase::kStopping;
  }
  const bool leaves_paths = order == Master::Order::kRetire || handover_->stop_listening();
  if (leaves_paths) estate_.own_paths(false);
  estate_.close();
}

void Engine::on_signal() {
  const int number = signals_.take();
  if (number == 0) return;
  if (number == SIGUSR2) {
    WEIR_LOG(kNotice, "signal %d received, starting a successor", number);
    const Status status = handover_->start_successor();
    if (!status.is_ok()) WEIR_LOG(kWarning, "no successor: %s", status.message().c_str());
    return;
  }
  const Phase before = phase_.exchange(Phase::kStopping);
  const bool again = before == Phase::kStopping;
  WEIR_LOG(kNotice, "signal %d received, %s", number,
           again ? "stopping at once" : "draining connections");
  if (prefork() && worker_ == nullptr) {
    master_->order(again ? Master::Order::kStopNow : Master::Order::kStop);
  } else {
    stop_reactors(again ? 0 : options_.drain_ms, before);
  }
}

void Engine::stop() {
  const Phase before = phase_.exchange(Phase::kStopping);
  if (master_ != nullptr) return master_->order(Master::Order::kStop);
  stop_reactors(options_.drain_ms, before);
}

// An acceptor that deals to others stops first: what it has dealt is answered. At once, or of a
// server that retires, none waits for another, which may have ended already.
void Engine::stop_reactors(int drain_ms, Phase before) {
  if (reactors_.empty()) return;  // an engine that could not be opened
  const auto stop_from = [this, drain_ms](std::size_t first) {
    for (std::size_t i = first; i < reactors_.size(); ++i) reactors_[i]->stop(drain_ms);
  };
  reactors_[0]->post([this] {
    if (handover_ != nullptr && handover_->stop_listening()) estate_.own_paths(false);
  });
  if (placement_.first_worker == 0 || drain_ms == 0 || before == Phase::kRetiring) {
    return stop_from(0);
  }
  reactors_[0]->stop(drain_ms, [stop_from] { stop_from(1); });
}

// On reactor 0's thread, or in the master.
void Engine::retire() {
  if (prefork()) return master_->order(Master::Order::kRetire);
  estate_.own_paths(false);
  retire_reactors();
}

// Not while they stop: the first might end before it has told the others. Reactor 0 first: it may
// be the one that deals to others, who must not be gone before.
void Engine::retire_reactors() {
  Phase serving = Phase::kServing;
  if (!phase_.compare_exchange_strong(serving, Phase::kRetiring)) return;
  for (const auto& reactor : reactors_) {
    reactor->retire(options_.upgrade_drain_ms, options_.drain_ms);
  }
}

void Engine::post(ConnectionId id, std::function<void(Connection*)> task) {
  WEIR_CHECK(id.reactor() < reactors_.size());
  Reactor& reactor = *reactors_[id.reactor()];
  reactor.post([&reactor, id, task = std::move(task)] {
    Connection* connection = reactor.find(id);
    if (connection != nullptr) return connection->run(task);
    task(nullptr);
  });
}

Result<ConnectId> Engine::connect(std::string_view address, Service service,
                                  Connector::Options options, Connector::Done done,
                                  std::optional<std::uint32_t> reactor) {
  if (!open_status_.is_ok()) return open_status_;
  const Result<Endpoint> to = Endpoint::parse(address);
  if (!to.is_ok()) return to.status();
  const std::uint32_t workers = placement_.reactors - placement_.first_worker;
  const std::uint32_t turn = next_connect_.fetch_add(1, std::memory_order_relaxed);
  const std::uint32_t index = reactor.value_or(placement_.first_worker + turn % workers);
  if (index >= connects_.size()) {
    return Status::error("reactor " + std::to_string(index) + ": there are " +
                         std::to_string(connects_.size()));
  }
  return connects_[index]->push(
      {to.value(), std::move(service), std::move(options), std::move(done)});
}

void Engine::cancel(ConnectId id) {
  WEIR_CHECK(id.reactor < connects_.size());
  connects_[id.reactor]->cancel(id);
}

void Engine::send(ConnectionId id, std::string bytes) {
  post(id, [bytes = std::move(bytes)](Connection* connection) {
    if (connection != nullptr) connection->write(bytes);
  });
}

void Engine::close(ConnectionId id) {
  post(id, [](Connection* connection) {
    if (connection != nullptr) connection->close();
  });
}

void Engine::move(ConnectionId id, std::uint32_t reactor) {
  WEIR_CHECK(reactor < reactors_.size());
  post(id, [target = reactors_[reactor].get()](Connection* connection) {
    if (connection != nullptr) connection->move_to(*target);
  });
}

void Engine::tcp_statistics(ConnectionId id, std::function<void(Result<TcpStatistics>)> done) {
  post(id, [done = std::move(done)](Connection* connection) {
    if (connection == nullptr) return done(Status::error("the connection is closed"));
    done(connection->tcp_statistics());
  });
}

void Engine::post(DatagramPeerId id, std::function<void(DatagramPeer*)> task) {
  WEIR_CHECK(id.endpoint < endpoints().size());
  DatagramEndpoint& endpoint = *endpoints()[id.endpoint];
  endpoint.reactor().post([&endpoint, id, task = std::move(task)] {
    DatagramPeer* peer = endpoint.find(id);
    if (peer != nullptr) return peer->run(task);
    task(nullptr);
  });
}

void Engine::send(DatagramPeerId id, std::string datagram) {
  post(id, [datagram = std::move(datagram)](DatagramPeer* peer) {
    if (peer != nullptr) peer->write(datagram);
  });
}

void Engine::close(DatagramPeerId id) {
  post(id, [](DatagramPeer* peer) {
    if (peer != nullptr) peer->close();
  });
}

void Engine::end_process() const {
  report_stragglers();
  for (const auto& task : at_end_) task();
}

void Engine::report_stragglers() const {
  std::size_t stragglers = 0;
  for (const auto& reactor : reactors_) stragglers += reactor->stragglers();
  if (stragglers == 0) return;
  WEIR_LOG(kWarning, "%zu connections had not drained by the deadline and were cut off",
           stragglers);
}

std::string Engine::describe() const {
  const std::size_t workers = placement_.reactors - placement_.first_worker;
  const std::size_t threads =
      std::max<std::size_t>({workers, placement_.io_threads, placement_.processes});
  std::string text = "listening on " + estate_.describe();
  text += " model=" + std::string(threading_model_name(options_.model));
  text += " threads=" + std::to_string(threads);
  text += " backend=" + std::string(backend_name(options_.backend));
  return text + " pid=" + std::to_string(::getpid());
}

}  // namespace weir
