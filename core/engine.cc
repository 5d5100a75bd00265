#include "core/engine.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <thread>

#include "core/log.h"

namespace weir {

Engine::Engine(Options options, Sockets& sockets)
    : options_(std::move(options)),
      sockets_(sockets),
      placement_(place(options_.model, options_.threads)),
      balancer_(options_.balancer) {
  open_status_ = open_reactors();
}

Engine::~Engine() {
  if (signal_fd_ >= 0) sockets_.close(signal_fd_);
}

Status Engine::open_reactors() {
  if (options_.threads < 1 || options_.threads >= ConnectionId::kMaxReactors) {
    return Status::error("threads " + std::to_string(options_.threads) +
                         ": expected a number from 1 to " +
                         std::to_string(ConnectionId::kMaxReactors - 1));
  }
  for (std::uint32_t i = 0; i < placement_.reactors; ++i) {
    reactors_.push_back(std::make_unique<Reactor>(
        i, sockets_,
        Reactor::Options{options_.backend, options_.handoff_notify, placement_.io_threads}));
    const Status status = reactors_.back()->open();
    if (!status.is_ok()) return status;
    if (i >= placement_.first_worker) worker_loads_.push_back(&reactors_.back()->load());
  }
  return Status::ok();
}

Result<Address> Engine::listen(std::string_view address, Service service) {
  if (!open_status_.is_ok()) return open_status_;
  if (Address::is_datagram_text(address)) {
    return Status::error("address '" + std::string(address) +
                         "': datagrams have no connections to listen for; listen_datagrams() "
                         "takes this address");
  }
  Result<Address> parsed = Address::parse(address);
  if (!parsed.is_ok()) return parsed.status();
  auto owned = std::make_unique<Service>(std::move(service));
  std::vector<std::unique_ptr<Listener>> opened;
  Status status = open_listeners(*parsed, *owned, opened);
  for (std::size_t i = 0; i < opened.size() && status.is_ok(); ++i) {
    status = reactors_[i]->add_listener(*opened[i], dealer(*parsed, *reactors_[i]));
  }
  if (!status.is_ok()) {
    for (std::size_t i = 0; i < opened.size(); ++i) reactors_[i]->remove_listener(*opened[i]);
    return status;
  }
  addresses_.push_back(opened[0]->address());
  services_.push_back(std::move(owned));
  std::move(opened.begin(), opened.end(), std::back_inserter(listeners_));
  return addresses_.back();
}

// One for each reactor that accepts.
Status Engine::open_listeners(const Address& address, const Service& service,
                              std::vector<std::unique_ptr<Listener>>& opened) {
  const Accepting how = accepting(options_.model, address);
  if (how == Accepting::kOwnSockets && address.port() != 0) {
    // SO_REUSEPORT would let a second server of the same user share the port unnoticed, and the
    // kernel would deal it half of the clients.
    Listener probe(sockets_, service);
    const Status free = probe.open(address, {});
    if (!free.is_ok()) return free;
  }
  Listener::Options options;
  options.backlog = options_.backlog;
  options.keepalive_s = options_.keepalive_s;
  options.sockets = options_.sockets;
  options.reuse_port = how == Accepting::kOwnSockets;
  options.shared = how == Accepting::kSharedSocket;
  const std::size_t listeners = how == Accepting::kReactor0 ? 1 : reactors_.size();
  for (std::size_t i = 0; i < listeners; ++i) {
    opened.push_back(std::make_unique<Listener>(sockets_, service));
    const Address& again = i == 0 ? address : opened[0]->address();
    const bool share = i > 0 && options.shared;
    const Status status = share ? opened[i]->share(*opened[0]) : opened[i]->open(again, options);
    if (!status.is_ok()) return status;
  }
  return Status::ok();
}

Result<Address> Engine::listen_datagrams(std::string_view address, DatagramService service,
                                         DatagramOptions options) {
  return open_datagrams(address, std::move(service), options);
}

Result<Address> Engine::listen_datagrams(std::string_view address, DatagramHandler handler,
                                         DatagramOptions options) {
  return open_datagrams(address, std::move(handler), options);
}

Result<Address> Engine::open_datagrams(std::string_view text, DatagramReceiver receiver,
                                       const DatagramOptions& options) {
  if (!open_status_.is_ok()) return open_status_;
  if (!Address::is_datagram_text(text)) {
    return Status::error("address '" + std::string(text) + "': expected udp://host:port");
  }
  const Result<Address> parsed = Address::parse(text);
  if (!parsed.is_ok()) return parsed.status();
  if (options.max_sessions == 0) return Status::error("max_sessions 0: expected at least 1");
  if (is_multicast(parsed.value()) && options.multicast.groups.empty()) {
    return Status::error("address '" + std::string(text) +
                         "': a multicast group, which DatagramOptions::multicast.groups must name "
                         "too, with the interface");
  }
  auto owned = std::make_unique<DatagramReceiver>(std::move(receiver));
  std::vector<std::unique_ptr<DatagramEndpoint>> opened;
  const Status status = open_endpoints(parsed.value(), *owned, options, opened);
  if (!status.is_ok()) {
    for (const auto& endpoint : opened) endpoint->close();
    return status;
  }
  const Address bound = opened[0]->address();
  receivers_.push_back(std::move(owned));
  std::move(opened.begin(), opened.end(), std::back_inserter(endpoints_));
  return bound;
}

// One for each reactor that handles. Of a group every socket gets all datagrams, so there is one.
Status Engine::open_endpoints(const Address& address, const DatagramReceiver& receiver,
                              const DatagramOptions& options,
                              std::vector<std::unique_ptr<DatagramEndpoint>>& opened) {
  const std::size_t sockets = is_multicast(address) ? 1 : worker_loads_.size();
  for (std::size_t i = 0; i < sockets; ++i) {
    if (arenas_.size() <= i) arenas_.push_back(std::make_unique<DatagramArena>());
    opened.push_back(std::make_unique<DatagramEndpoint>(
        *reactors_[placement_.first_worker + i], sockets_, *arenas_[i],
        static_cast<std::uint32_t>(endpoints_.size() + i), receiver, options));
    using Port = DatagramSocket::Port;
    const Port port = sockets == 1 ? Port::kAlone : i == 0 ? Port::kFirst : Port::kNext;
    const Status status =
        opened[i]->open(i == 0 ? address : opened[0]->address(), port, options_.sockets);
    if (!status.is_ok()) return status;
  }
  for (const Multicast::Group& group : options.multicast.groups) {
    const Status status = opened[0]->join(group);
    if (!status.is_ok()) {
      return Status::error("udp://" + address.to_ip_port() + ": " + status.message());
    }
  }
  return Status::ok();
}

Reactor::Dealer Engine::dealer(const Address& address, Reactor& acceptor) {
  if (accepting(options_.model, address) == Accepting::kReactor0) {
    return [this](Accepted accepted) {
      if (admit(accepted)) deal(accepted);
    };
  }
  return [this, &acceptor](Accepted accepted) {
    if (admit(accepted)) acceptor.hand_off(accepted);
  };
}

// Reactors that accept at the same time may let in one more each.
bool Engine::admit(const Accepted& accepted) {
  if (options_.max_connections == 0 || connections() < options_.max_connections) return true;
  sockets_.close(accepted.fd);
  return false;
}

void Engine::deal(Accepted accepted) {
  const std::size_t worker = balancer_.pick(accepted.peer, worker_loads_);
  reactors_[placement_.first_worker + worker]->hand_off(accepted);
}

int Engine::run() {
  Status status = open_status_;
  if (status.is_ok() && options_.handle_signals) status = watch_signals();
  if (!status.is_ok()) {
    WEIR_LOG(kWarning, "cannot start: %s", status.message().c_str());
    return 1;
  }
  const int done = sockets_.make_eventfd();
  if (done < 0) {
    WEIR_LOG(kWarning, "cannot start: no eventfd: %s", ::strerror(-done));
    return 1;
  }
  std::vector<std::thread> threads;
  for (std::size_t i = 1; i < reactors_.size(); ++i) {
    threads.emplace_back([this, i, done] {
      ::pthread_setname_np(::pthread_self(), ("reactor-" + std::to_string(i)).c_str());
      bind_to_cpu(i);
      reactors_[i]->run();
      const std::uint64_t one = 1;
      sockets_.write(done, &one, sizeof one);
    });
  }
  bind_to_cpu(0);
  reactors_[0]->run();
  await_others(threads.size(), done);
  for (std::thread& thread : threads) thread.join();
  sockets_.close(done);
  report_stragglers();
  return 0;
}

// The calling thread, which is reactor i's.
void Engine::bind_to_cpu(std::size_t reactor) {
  if (options_.cpus.empty()) return;
  const int cpu = options_.cpus[reactor % options_.cpus.size()];
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(cpu), &set);
  const int error = ::pthread_setaffinity_np(::pthread_self(), sizeof set, &set);
  if (error == 0) return;
  WEIR_LOG(kWarning, "reactor %zu is not bound to CPU %d: %s", reactor, cpu, ::strerror(error));
}

// Reactor 0, which watches the signals, has stopped; others may be draining still, and a second
// signal must reach them. `done` counts those that have stopped.
void Engine::await_others(std::size_t others, int done) {
  pollfd watched[] = {{signal_fd_, POLLIN, 0}, {done, POLLIN, 0}};
  for (std::uint64_t stopped = 0; stopped < others;) {
    if (::poll(watched, std::size(watched), -1) < 0) continue;
    if (watched[0].revents != 0) on_signal();
    std::uint64_t count = 0;
    if (watched[1].revents != 0 && sockets_.read(done, &count, sizeof count) > 0) stopped += count;
  }
}

// Blocked before the threads start, which inherit the mask: a signal reaches the signalfd only.
Status Engine::watch_signals() {
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGTERM);
  ::sigaddset(&signals, SIGINT);
  // Standard error may be a pipe that nobody reads any more.
  ::signal(SIGPIPE, SIG_IGN);
  // A terminal that is closed takes no server with it, as with Redis.
  ::signal(SIGHUP, SIG_IGN);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal_fd_ = sockets_.make_signalfd(signals);
  if (signal_fd_ < 0) return Status::from_errno(-signal_fd_, "cannot create a signalfd");
  return reactors_[0]->add_source(signal_fd_, {}, [this](Interest) { on_signal(); }).status();
}

void Engine::on_signal() {
  signalfd_siginfo received{};
  if (sockets_.read(signal_fd_, &received, sizeof received) != sizeof received) return;
  WEIR_LOG(kNotice, "signal %u received, %s", received.ssi_signo,
           stopping() ? "stopping at once" : "draining connections");
  if (stopping()) {
    for (const auto& reactor : reactors_) reactor->stop(0);
  } else {
    stop();
  }
}

void Engine::stop() {
  stopping_.store(true, std::memory_order_relaxed);
  for (const auto& reactor : reactors_) reactor->stop(options_.drain_ms);
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

void Engine::post(DatagramPeerId id, std::function<void(DatagramPeer*)> task) {
  WEIR_CHECK(id.endpoint < endpoints_.size());
  DatagramEndpoint& endpoint = *endpoints_[id.endpoint];
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

std::size_t Engine::connections() const {
  std::size_t total = 0;
  for (const auto& reactor : reactors_) total += reactor->load().load(std::memory_order_relaxed);
  return total;
}

void Engine::report_stragglers() const {
  std::size_t stragglers = 0;
  for (const auto& reactor : reactors_) stragglers += reactor->stragglers();
  if (stragglers == 0) return;
  WEIR_LOG(kWarning, "%zu connections had not drained by the deadline and were cut off",
           stragglers);
}

std::string Engine::describe() const {
  std::string text = "listening on";
  for (const Address& address : addresses_) text += " " + address.to_string();
  const Address* last = nullptr;  // the endpoints of one address stand together
  for (const auto& endpoint : endpoints_) {
    if (last == nullptr || !(*last == endpoint->address())) {
      text += " udp://" + endpoint->address().to_ip_port();
    }
    last = &endpoint->address();
  }
  const std::size_t workers = reactors_.size() - placement_.first_worker;
  const std::size_t threads = std::max<std::size_t>(workers, placement_.io_threads);
  text += " model=" + std::string(threading_model_name(options_.model));
  text += " threads=" + std::to_string(threads);
  text += " backend=" + std::string(backend_name(options_.backend));
  return text + " pid=" + std::to_string(::getpid());
}

}  // namespace weir
