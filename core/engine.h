// Options in, reactors out: places the reactors as the threading model says, opens the listeners,
// runs, counts, stops with a drain deadline. The front door of the library:
//
//   weir::Engine engine(options);
//   const weir::Status status = engine.listen("tcp://127.0.0.1:9000", service);
//   return engine.run();   // until SIGTERM, SIGINT or stop(), then drains
//
// Thread rule: listen() and run() on one thread, in this order; post(), connect(), stop() and the
// counts from any thread while the engine exists.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/address.h"
#include "core/balancer.h"
#include "core/connect_queue.h"
#include "core/connection_id.h"
#include "core/connector.h"
#include "core/listener.h"
#include "core/options.h"
#include "core/reactor.h"
#include "core/session.h"
#include "core/sockets.h"
#include "core/status.h"

namespace weir {

class Engine {
 public:
  explicit Engine(Options options, Sockets& sockets = Sockets::system());
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Starts to listen; connections wait in the backlog until run(). Several addresses may share one
  // engine, each with its own service. Returns what the socket is bound to, with the port that was
  // chosen for 0.
  Result<Address> listen(std::string_view address, Service service);

  // Serves until SIGTERM, SIGINT or stop(). A second signal cuts the drain short. Returns the exit
  // status of a main(): 0, or 1 after a failure that was logged.
  int run();

  void stop();
  bool stopping() const { return stopping_.load(std::memory_order_relaxed); }

  // Runs `task` with the connection on its reactor, or with nullptr when it is closed by then. What
  // is posted to a reactor that has stopped is destroyed with the engine, unrun. An exception of
  // `task` costs the connection; given nullptr it must not throw.
  void post(ConnectionId id, std::function<void(Connection*)> task);

  // Connects to "tcp://host:port" or "unix:/path" and serves the connection with `service`, on the
  // reactor with that index or on the next of those that have connections. `done` is called once,
  // there, with the connection or the reason, also when the engine stops first; not after an error
  // here, nor when the engine never runs. max_connections is not asked.
  Result<ConnectId> connect(std::string_view address, Service service, Connector::Options options,
                            Connector::Done done, std::optional<std::uint32_t> reactor = {});
  // Nothing happens when the connect has ended by then; else its `done` will not be called.
  void cancel(ConnectId id);

  // The two most wanted, from any thread; nothing happens when the connection is closed by then.
  void send(ConnectionId id, std::string bytes);
  void close(ConnectionId id);

  const Options& options() const { return options_; }
  std::size_t connections() const;
  const std::vector<std::unique_ptr<Reactor>>& reactors() const { return reactors_; }
  const std::vector<Address>& addresses() const { return addresses_; }

  // For the start line: "listening on ADDRESS... model=M threads=N backend=B pid=P".
  std::string describe() const;

 private:
  Status open_reactors();
  Status open_listeners(const Address& address, const Service& service,
                        std::vector<std::unique_ptr<Listener>>& opened);
  Reactor::Dealer dealer(const Address& address, Reactor& acceptor);
  bool admit(const Accepted& accepted);
  void deal(Accepted accepted);
  void bind_to_cpu(std::size_t reactor);
  Status watch_signals();
  void on_signal();
  void await_others(std::size_t others, int done);
  void report_stragglers() const;

  const Options options_;
  Sockets& sockets_;
  const Placement placement_;
  Status open_status_;
  Balancer balancer_;
  std::vector<std::unique_ptr<Service>> services_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::vector<Address> addresses_;
  std::vector<std::unique_ptr<Reactor>> reactors_;
  std::vector<std::unique_ptr<ConnectQueue>> connects_;  // one a reactor
  std::atomic<std::uint32_t> next_connect_{0};
  std::vector<const std::atomic<std::uint32_t>*> worker_loads_;
  std::atomic<bool> stopping_{false};
  int signal_fd_ = -1;
};

}  // namespace weir
