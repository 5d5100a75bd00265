// The client side of a reactor: makes connections to others, in the end with a session like those
// that were accepted.
//
//   connect() -> resolve the name -> dial its addresses, one by one -> adopted, done(connection)
//                  |                   |
//                  +---- failed -------+--> back off, then again from the name -> ... done(status)
//
// Each step has a deadline and can be cancelled. A round takes 1 + kMaxAddresses timeouts at most,
// a name's and its addresses'; there are 1 + retries rounds, a backoff before each but the first.
// When the reactor begins to stop, every connect that is under way fails at once; one that has
// become a connection drains like any other.
//
// Memory that is refused on behalf of a connect costs that connect.
//
// Thread rule: the reactor's thread, but made before its run() and destroyed after it also;
// reserve() and check() on any thread. Bounds: kMaxPending connects at a time, one descriptor each.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>

#include "base/random.h"
#include "base/status.h"
#include "core/dial.h"
#include "core/endpoint.h"
#include "core/reactor.h"
#include "core/resolver.h"
#include "core/session.h"
#include "core/tenant.h"

namespace weir {

// Names one connect for ever: one that has ended is a harmless false of cancel().
struct ConnectId {
  std::uint32_t reactor = 0;
  std::uint64_t serial = 0;  // 0 names none

  bool operator==(const ConnectId&) const = default;
};

class Connector final : private Tenant {
 public:
  static constexpr int kEndless = -1;
  static constexpr std::size_t kMaxPending = 65'536;
  // Of a name in one round: how many there are is its server's choice.
  static constexpr std::size_t kMaxAddresses = 16;

  struct Options {
    int timeout_ms = 10'000;  // for a name's resolution, and for each of its addresses
    int retries = 0;          // after the first try of all addresses; kEndless
    // Before a retry: doubles from the first to the last, less up to a half at random.
    int first_backoff_ms = 500;
    int last_backoff_ms = 30'000;
    Dial::Options socket = {};
  };

  // Gets the connection, whose service has been called, or a status that names address, tries and
  // the last reason. Called exactly once unless cancelled, on the reactor's thread; may call
  // everything but the destructor. An exception costs the connection, or is logged.
  using Done = std::function<void(Result<Connection*>)>;

  struct Request {
    Endpoint to;
    Service service;  // destroyed once it has made the session
    Options options;
    Done done;
  };

  // `reactor` outlives it.
  explicit Connector(Reactor& reactor, Resolver::Options resolver = {});
  // As if everything was cancelled.
  ~Connector() override;
  Connector(const Connector&) = delete;
  Connector& operator=(const Connector&) = delete;

  // Begins; `done` is never called from inside. The error: the reactor is stopping, there are
  // kMaxPending already, or an option is out of range; `done` is not called then.
  Result<ConnectId> connect(Request request);
  // The same in two halves, for those who need the id first, on any thread. `request` is left as it
  // is after an error.
  ConnectId reserve();
  Status start(ConnectId id, Request& request);
  // True if it was pending: its `done` is destroyed and will not be called.
  bool cancel(ConnectId id);
  std::size_t pending() const { return pending_.size(); }

  // Out of range options, in one sentence. Any thread.
  static Status check(const Options& options);
  // Calls `done` and contains its exceptions.
  static void report(const Done& done, const Result<Connection*>& result);

 private:
  struct Pending;

  template <class Step>
  void contain(Pending& pending, Step step);
  void begin_round(Pending& pending);
  void resolve(Pending& pending);
  void take_addresses(Pending& pending, Result<std::vector<Address>>& found);
  void dial_next(Pending& pending);
  void try_address(Pending& pending);
  void settle(Pending& pending, Dial::Progress progress);
  void watch(Pending& pending);
  void unwatch(Pending& pending);
  void give_up_address(Pending& pending, const Status& reason);
  void end_round(Pending& pending);
  void log_retry(const Pending& pending, int delay_ms);
  void succeed(Pending& pending);
  void fail(Pending& pending, const Status& reason);
  static Status failure(const Pending& pending, const Status& reason);
  std::unique_ptr<Pending> take(Pending& pending);
  void release(Pending& pending);
  void release_socket(Pending& pending);
  void begin_stop() override;

  Reactor& reactor_;
  const Resolver::Options resolver_options_;
  std::unique_ptr<Resolver> resolver_;  // made for the first name
  std::atomic<std::uint64_t> last_serial_{0};
  std::map<std::uint64_t, std::unique_ptr<Pending>> pending_;  // by serial
  Random random_;                                              // seeds the backoffs
  std::int64_t last_log_ms_ = -1000;
};

}  // namespace weir
