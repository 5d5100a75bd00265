// Options in, reactors out: places the reactors as the threading model says, opens the listeners,
// runs, counts, stops with a drain deadline, gives way to a successor. The front door of the
// library:
//
//   weir::Engine engine(options);
//   const weir::Status status = engine.listen("tcp://127.0.0.1:9000", service);
//   return engine.run();   // until SIGTERM, SIGINT or stop(), then drains
//
// Under prefork run() forks: what was made before, each worker has a copy of; a worker ends within
// run(), which returns in the parent alone.
//
// Thread rule: listen() and run() on one thread, in this order; post(), connect(), stop() and the
// counts from any thread while the engine exists.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "core/address.h"
#include "core/admission.h"
#include "core/connect_queue.h"
#include "core/connection_id.h"
#include "core/connector.h"
#include "core/datagram_endpoint.h"
#include "core/datagram_options.h"
#include "core/datagram_peer.h"
#include "core/datagram_peer_id.h"
#include "core/datagram_session.h"
#include "core/estate.h"
#include "core/handover.h"
#include "core/inheritance.h"
#include "core/master.h"
#include "core/options.h"
#include "core/reactor.h"
#include "core/session.h"
#include "core/signals.h"
#include "core/sockets.h"
#include "core/tcp_statistics.h"
#include "core/worker.h"

namespace weir {

class Engine {
 public:
  // With Options::handle_signals the signals are blocked from here on, for this thread and those it
  // starts.
  explicit Engine(Options options, Sockets& sockets = Sockets::system());
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Starts to listen; connections wait in the backlog until run(). Several addresses may share one
  // engine, each with its own service. Returns what the socket is bound to, with the port that was
  // chosen for 0.
  Result<Address> listen(std::string_view address, Service service);

  // The same for datagrams, "udp://127.0.0.1:9000": with a session per peer, or one handler for
  // all. Where several reactors handle, each has a socket of its own on the port, whatever the
  // model says of connections: the kernel deals the peers among them, and a peer stays where it is.
  // The multicast groups are joined by the first.
  Result<Address> listen_datagrams(std::string_view address, DatagramService service,
                                   DatagramOptions options = {});
  Result<Address> listen_datagrams(std::string_view address, DatagramHandler handler,
                                   DatagramOptions options = {});

  // Calls `task` when the reactors have ended, within run(): under prefork in each process. Before
  // run().
  void at_end(std::function<void()> task) { at_end_.push_back(std::move(task)); }

  // Serves until SIGTERM, SIGINT or stop(). A second signal cuts the drain short. SIGUSR2 starts
  // the program anew, which takes this server's place. Returns the exit status of a main(): 0, or 1
  // after a failure that was logged.
  int run();

  // In any process of prefork, for all of them.
  void stop();
  bool stopping() const { return phase_ == Phase::kStopping; }

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
  // Connection::move_to() by the reactor's index. REQUIRES: reactor < reactors().size().
  void move(ConnectionId id, std::uint32_t reactor);

  // Runs `done` with the connection's TCP statistics on its reactor; an error when it is closed by
  // then, or no TCP connection. An exception of `done` is as one of a task that is posted.
  void tcp_statistics(ConnectionId id, std::function<void(Result<TcpStatistics>)> done);

  // The same for the session of a peer of datagrams.
  void post(DatagramPeerId id, std::function<void(DatagramPeer*)> task);
  void send(DatagramPeerId id, std::string datagram);
  void close(DatagramPeerId id);

  const Options& options() const { return options_; }
  // Of all processes.
  std::size_t connections() const { return admission_.connections(); }
  const std::vector<std::unique_ptr<Reactor>>& reactors() const { return reactors_; }
  const std::vector<Address>& addresses() const { return estate_.addresses(); }
  // In the order of their ids: of each address that datagrams come to one for each of its reactors,
  // or for each socket that a predecessor left where these are more.
  const std::vector<DatagramEndpoint*>& endpoints() const { return estate_.endpoints(); }

  // For the start line: "listening on ADDRESS... model=M threads=N backend=B pid=P".
  std::string describe() const;

 private:
  // From left to right, over the middle one or not.
  enum class Phase : std::uint8_t { kServing, kRetiring, kStopping };

  bool prefork() const { return options_.model == ThreadingModel::kPrefork; }
  Status open();
  Status choose_backend();
  Status open_reactors();
  Status open_master();

  Status watch_signals();
  Status open_handover();
  Handover::Watcher watcher();
  void take_over();
  Status run_master();
  void on_worker_end(std::uint32_t worker);
  int work(std::uint32_t number, int orders);
  Status become_worker(std::uint32_t number, int orders);
  void obey(Master::Order order);
  void stop_reactors(int drain_ms, Phase before);
  void retire();
  void retire_reactors();
  void on_order(Master::Order order);
  void on_signal();
  void report_stragglers() const;
  void end_process() const;

  Options options_;
  Sockets& sockets_;
  const Placement placement_;
  Status open_status_;
  Admission admission_;
  Inheritance inheritance_;
  Estate estate_;
  std::vector<std::unique_ptr<Reactor>> reactors_;
  std::vector<std::unique_ptr<ConnectQueue>> connects_;  // one a reactor
  std::atomic<std::uint32_t> next_connect_{0};
  // One step at a time, so that a stop and a successor that come together agree on who was first.
  std::atomic<Phase> phase_{Phase::kServing};
  Signals signals_;
  std::unique_ptr<Master> master_;  // of prefork
  Status master_status_;            // why it gave up
  std::unique_ptr<Worker> worker_;  // in one of its processes
  std::map<int, Source*> watched_;  // by the handover, on reactor 0
  std::unique_ptr<Handover> handover_;
  std::vector<std::function<void()>> at_end_;
};

}  // namespace weir
