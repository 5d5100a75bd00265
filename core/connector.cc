#include "core/connector.h"

#include <new>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "core/backoff.h"
#include "core/log.h"

namespace weir {
namespace {

// While a unix listener's backlog is full, for which the kernel has no event.
constexpr int kFirstBusyMs = 1;
constexpr int kLastBusyMs = 100;

}  // namespace

// One connect, from start() to its end.
struct Connector::Pending {
  Pending(ConnectId name, Request&& what, std::uint32_t seed)
      : id(name),
        request(std::move(what)),
        backoff(request.options.first_backoff_ms, request.options.last_backoff_ms, seed),
        busy(kFirstBusyMs, kLastBusyMs, seed) {}

  const ConnectId id;
  Request request;
  Backoff backoff;
  int rounds = 0;
  Resolver::QueryId query = 0;
  std::vector<Address> addresses;  // of this round
  std::size_t next = 0;            // the one that is tried
  Backoff busy;
  std::unique_ptr<Dial> dial;
  Source* source = nullptr;
  TimerId deadline;  // of the query or of the address
  TimerId pause;     // before the round, or of a busy address
  Status error;      // why the last address or the resolution failed
};

Connector::Connector(Reactor& reactor, Resolver::Options resolver)
    : reactor_(reactor), resolver_options_(std::move(resolver)), random_(Random::entropy()) {
  reactor_.add_tenant(*this);
}

Connector::~Connector() {
  reactor_.remove_tenant(*this);
  resolver_.reset();
  for (const auto& [serial, pending] : pending_) release(*pending);
}

Status Connector::check(const Options& options) {
  if (options.timeout_ms < 1) {
    return Status::error("connect timeout " + std::to_string(options.timeout_ms) +
                         ": expected at least 1 ms");
  }
  if (options.retries < kEndless) {
    return Status::error("connect retries " + std::to_string(options.retries) +
                         ": expected 0 or more, or -1 for no end");
  }
  if (options.first_backoff_ms < 1 || options.first_backoff_ms > options.last_backoff_ms) {
    return Status::error("connect backoff from " + std::to_string(options.first_backoff_ms) +
                         " to " + std::to_string(options.last_backoff_ms) +
                         " ms: expected at least 1 ms, and the first not above the last");
  }
  return Status::ok();
}

Result<ConnectId> Connector::connect(Request request) {
  const ConnectId id = reserve();
  const Status status = start(id, request);
  if (!status.is_ok()) return status;
  return id;
}

ConnectId Connector::reserve() {
  return {reactor_.index(), last_serial_.fetch_add(1, std::memory_order_relaxed) + 1};
}

Status Connector::start(ConnectId id, Request& request) {
  WEIR_DCHECK(reactor_.in_thread());
  WEIR_CHECK(request.service != nullptr && request.done != nullptr);
  const Status status = check(request.options);
  if (!status.is_ok()) return status;
  const std::string what = "cannot connect to " + request.to.to_string() + ": ";
  if (reactor_.is_stopping()) return Status::error(what + "its reactor is stopping");
  if (pending_.size() >= kMaxPending) {
    return Status::error(what + std::to_string(pending_.size()) + " connects are under way");
  }
  const auto seed = random_();
  const auto place =
      pending_.emplace(id.serial, std::make_unique<Pending>(id, std::move(request), seed));
  auto& pending = place.first->second;
  pending->pause = reactor_.schedule(
      0, [this, one = pending.get()] { contain(*one, [this, one] { begin_round(*one); }); });
  return Status::ok();
}

bool Connector::cancel(ConnectId id) {
  WEIR_DCHECK(reactor_.in_thread());
  const auto found = pending_.find(id.serial);
  if (id.reactor != reactor_.index() || found == pending_.end()) return false;
  const auto node = pending_.extract(found);
  release(*node.mapped());
  return true;
}

// Every way in from a timer or an event.
template <class Step>
void Connector::contain(Pending& pending, Step step) {
  const std::uint64_t serial = pending.id.serial;
  try {
    step();
  } catch (const std::bad_alloc&) {
    const auto found = pending_.find(serial);
    if (found == pending_.end()) return;
    report(take(*found->second)->request.done, Status::error("out of memory"));
  }
}

void Connector::begin_round(Pending& pending) {
  ++pending.rounds;
  pending.next = 0;
  if (pending.request.to.is_name()) return resolve(pending);
  pending.addresses = {pending.request.to.address};
  dial_next(pending);
}

void Connector::resolve(Pending& pending) {
  if (resolver_ == nullptr) resolver_ = std::make_unique<Resolver>(reactor_, resolver_options_);
  const HostPort& name = pending.request.to.name;
  const auto on_answer = [this, &pending](Result<std::vector<Address>> found) {
    contain(pending, [this, &pending, &found] { take_addresses(pending, found); });
  };
  const Result<Resolver::QueryId> query = resolver_->resolve(name.host, name.port, on_answer);
  if (!query.is_ok()) {
    pending.error = query.status();
    return end_round(pending);
  }
  pending.query = query.value();
  const int limit_ms = pending.request.options.timeout_ms;
  pending.deadline = reactor_.schedule(limit_ms, [this, &pending, limit_ms] {
    contain(pending, [this, &pending, limit_ms] {
      resolver_->cancel(std::exchange(pending.query, 0));
      pending.error = Status::error("cannot resolve '" + pending.request.to.name.host +
                                    "': no answer for " + std::to_string(limit_ms) + " ms");
      end_round(pending);
    });
  });
}

void Connector::take_addresses(Pending& pending, Result<std::vector<Address>>& found) {
  reactor_.cancel(pending.deadline);
  pending.query = 0;
  if (!found.is_ok()) {
    pending.error = found.status();
    return end_round(pending);
  }
  pending.addresses = std::move(found.value());
  if (pending.addresses.size() > kMaxAddresses) pending.addresses.resize(kMaxAddresses);
  dial_next(pending);
}

// The first of the addresses left; REQUIRES: none is being dialled.
void Connector::dial_next(Pending& pending) {
  if (pending.next == pending.addresses.size()) return end_round(pending);
  const Dial::Options& options = pending.request.options.socket;
  pending.dial = std::make_unique<Dial>(reactor_.sockets(), options);
  pending.busy = Backoff(kFirstBusyMs, kLastBusyMs, random_());
  const int limit_ms = pending.request.options.timeout_ms;
  pending.deadline = reactor_.schedule(limit_ms, [this, &pending, limit_ms] {
    contain(pending, [this, &pending, limit_ms] {
      const Status& busy = pending.dial->error();
      const std::string reason = busy.is_ok() ? "no answer" : busy.message();
      give_up_address(pending, Status::error(reason + ", for " + std::to_string(limit_ms) + " ms"));
    });
  });
  try_address(pending);
}

void Connector::try_address(Pending& pending) {
  settle(pending, pending.dial->start(pending.addresses[pending.next]));
}

// The end of a chain of calls: afterwards `pending` may be gone.
void Connector::settle(Pending& pending, Dial::Progress progress) {
  switch (progress) {
    case Dial::Progress::kConnected:
      return succeed(pending);
    case Dial::Progress::kWaiting:
      return watch(pending);
    case Dial::Progress::kBusy:
      pending.pause = reactor_.schedule(pending.busy.next_ms(), [this, &pending] {
        contain(pending, [this, &pending] { try_address(pending); });
      });
      return;
    case Dial::Progress::kFailed:
      return give_up_address(pending, pending.dial->error());
  }
}

void Connector::watch(Pending& pending) {
  const auto on_ready = [this, &pending](Interest) {
    unwatch(pending);  // before the dial may close the descriptor
    contain(pending, [this, &pending] { settle(pending, pending.dial->finish()); });
  };
  const Result<Source*> source =
      reactor_.add_source(pending.dial->fd(), {.readable = false, .writable = true}, on_ready);
  if (!source.is_ok()) return give_up_address(pending, source.status());
  pending.source = source.value();
}

// The next address goes on from a timer: a name with many that fail at once is no recursion.
void Connector::give_up_address(Pending& pending, const Status& reason) {
  const std::string address = pending.addresses[pending.next].to_string();
  const bool same = !pending.request.to.is_name();
  pending.error = same ? reason : Status::error(address + ": " + reason.message());
  release_socket(pending);
  ++pending.next;
  pending.pause = reactor_.schedule(
      0, [this, &pending] { contain(pending, [this, &pending] { dial_next(pending); }); });
}

void Connector::end_round(Pending& pending) {
  const Options& options = pending.request.options;
  if (options.retries != kEndless && pending.rounds > options.retries) {
    return fail(pending, pending.error);
  }
  const int delay_ms = pending.backoff.next_ms();
  log_retry(pending, delay_ms);
  pending.pause = reactor_.schedule(
      delay_ms, [this, &pending] { contain(pending, [this, &pending] { begin_round(pending); }); });
}

// Once a second at most: many wait for the same server.
void Connector::log_retry(const Pending& pending, int delay_ms) {
  const std::int64_t now = reactor_.now_ms();
  if (now - last_log_ms_ < 1000) return;
  last_log_ms_ = now;
  WEIR_LOG(kNotice, "cannot connect to %s: %s; again in %d ms",
           pending.request.to.to_string().c_str(), pending.error.message().c_str(), delay_ms);
}

void Connector::succeed(Pending& pending) {
  const Address peer = pending.dial->peer();
  const int fd = pending.dial->release();
  const std::unique_ptr<Pending> ended = take(pending);
  const Request& request = ended->request;
  const Result<Connection*> adopted = reactor_.adopt_connected({fd, peer, &request.service});
  report(request.done, adopted.is_ok() ? adopted : failure(*ended, adopted.status()));
}

void Connector::fail(Pending& pending, const Status& reason) {
  const Status status = failure(pending, reason);
  report(take(pending)->request.done, status);
}

Status Connector::failure(const Pending& pending, const Status& reason) {
  std::string text = "cannot connect to " + pending.request.to.to_string();
  if (pending.rounds > 1) text += " after " + std::to_string(pending.rounds) + " tries";
  return Status::error(text + ": " + reason.message());
}

// Before user code is called, which may cancel or begin others.
std::unique_ptr<Connector::Pending> Connector::take(Pending& pending) {
  release(pending);
  return std::move(pending_.extract(pending.id.serial).mapped());
}

void Connector::report(const Done& done, const Result<Connection*>& result) {
  if (result.is_ok()) {
    return result.value()->run([&done](Connection* connection) { done(connection); });
  }
  try {
    done(result.status());
  } catch (...) {
    const Status thrown = Status::from_exception("exception in who was told");
    WEIR_LOG(kWarning, "%s: %s", result.status().message().c_str(), thrown.message().c_str());
  }
}

void Connector::release(Pending& pending) {
  if (pending.query != 0 && resolver_ != nullptr) resolver_->cancel(pending.query);
  pending.query = 0;
  release_socket(pending);
}

void Connector::release_socket(Pending& pending) {
  reactor_.cancel(pending.pause);
  reactor_.cancel(pending.deadline);
  unwatch(pending);
  pending.dial.reset();
}

void Connector::unwatch(Pending& pending) {
  if (pending.source != nullptr) reactor_.remove_source(*pending.source);
  pending.source = nullptr;
}

void Connector::begin_stop() {
  while (!pending_.empty()) {
    Pending& first = *pending_.begin()->second;
    contain(first, [this, &first] { fail(first, Status::error("its reactor is stopping")); });
  }
}

}  // namespace weir
