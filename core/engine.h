// Options in, reactors out: places the reactors as the threading model says, opens the listeners,
// runs, counts, stops with a drain deadline. The front door of the library:
//
//   weir::Engine engine(options);
//   const weir::Status status = engine.listen("tcp://127.0.0.1:9000", service);
//   return engine.run();   // until SIGTERM, SIGINT or stop(), then drains
//
// Thread rule: listen() and run() on one thread, in this order; post(), stop() and the counts from
// any thread while the engine exists.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/address.h"
#include "core/balancer.h"
#include "core/connection_id.h"
#include "core/datagram_arena.h"
#include "core/datagram_endpoint.h"
#include "core/datagram_options.h"
#include "core/datagram_peer.h"
#include "core/datagram_peer_id.h"
#include "core/datagram_session.h"
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

  // The same for datagrams, "udp://127.0.0.1:9000": with a session per peer, or one handler for
  // all. Where several reactors handle, each has a socket of its own on the port, whatever the
  // model says of connections: the kernel deals the peers among them, and a peer stays where it is.
  // The multicast groups are joined by the first.
  Result<Address> listen_datagrams(std::string_view address, DatagramService service,
                                   DatagramOptions options = {});
  Result<Address> listen_datagrams(std::string_view address, DatagramHandler handler,
                                   DatagramOptions options = {});

  // Serves until SIGTERM, SIGINT or stop(). A second signal cuts the drain short. Returns the exit
  // status of a main(): 0, or 1 after a failure that was logged.
  int run();

  void stop();
  bool stopping() const { return stopping_.load(std::memory_order_relaxed); }

  // Runs `task` with the connection on its reactor, or with nullptr when it is closed by then. What
  // is posted to a reactor that has stopped is destroyed with the engine, unrun. An exception of
  // `task` costs the connection; given nullptr it must not throw.
  void post(ConnectionId id, std::function<void(Connection*)> task);

  // The two most wanted, from any thread; nothing happens when the connection is closed by then.
  void send(ConnectionId id, std::string bytes);
  void close(ConnectionId id);

  // The same for the session of a peer of datagrams.
  void post(DatagramPeerId id, std::function<void(DatagramPeer*)> task);
  void send(DatagramPeerId id, std::string datagram);
  void close(DatagramPeerId id);

  const Options& options() const { return options_; }
  std::size_t connections() const;
  const std::vector<std::unique_ptr<Reactor>>& reactors() const { return reactors_; }
  const std::vector<Address>& addresses() const { return addresses_; }
  // In the order of their ids: of each address that datagrams come to one for each of its reactors.
  const std::vector<std::unique_ptr<DatagramEndpoint>>& endpoints() const { return endpoints_; }

  // For the start line: "listening on ADDRESS... model=M threads=N backend=B pid=P".
  std::string describe() const;

 private:
  Status open_reactors();
  Status open_listeners(const Address& address, const Service& service,
                        std::vector<std::unique_ptr<Listener>>& opened);
  Result<Address> open_datagrams(std::string_view text, DatagramReceiver receiver,
                                 const DatagramOptions& options);
  Status open_endpoints(const Address& address, const DatagramReceiver& receiver,
                        const DatagramOptions& options,
                        std::vector<std::unique_ptr<DatagramEndpoint>>& opened);
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
  std::vector<std::unique_ptr<DatagramReceiver>> receivers_;
  std::vector<std::unique_ptr<DatagramArena>> arenas_;  // of each worker that has an endpoint
  std::vector<std::unique_ptr<DatagramEndpoint>> endpoints_;
  std::vector<std::unique_ptr<Reactor>> reactors_;
  std::vector<const std::atomic<std::uint32_t>*> worker_loads_;
  std::atomic<bool> stopping_{false};
  int signal_fd_ = -1;
};

}  // namespace weir
