#include "tools/load/run.h"

#include <sys/resource.h>

#include <atomic>
#include <cstdio>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "core/engine.h"
#include "core/log.h"
#include "tools/load/caller.h"
#include "tools/load/lane.h"

namespace weir::load {
namespace {

constexpr std::size_t kConnectsAtATime = 256;  // of the whole load: less than a backlog has
constexpr std::int64_t kDrainMs = 5000;        // what replies are waited for at the end

weir::Options engine_options(const Options& options) {
  weir::Options engine;
  engine.model = options.threads == 1 ? ThreadingModel::kSingle : ThreadingModel::kReuseport;
  engine.threads = options.threads;
  engine.backend = options.backend;
  engine.cpus = options.cpus;
  engine.read_budget = std::size_t{256} * 1024;
  return engine;
}

// Descriptors for all connections, as far as the system lets.
void raise_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

class Run {
 public:
  Run(const Options& options, const MakeDialogue& make_dialogue, const char* phase)
      : options_(options),
        make_dialogue_(make_dialogue),
        phase_(phase),
        engine_(engine_options(options)) {}

  Result<Measured> execute();

 private:
  Status open();
  Plan plan_of(std::size_t lane) const;
  Status connect_next();
  void connected(const Result<Connection*>& result);
  void begin();
  void begin_to_measure();
  void end();
  void lane_done();
  void tick();
  void say(const char* what) const;
  void give_up(const Status& why);
  Lane& lane_of(std::size_t connection) { return *lanes_[connection % lanes_.size()]; }
  Reactor& control() { return *engine_.reactors().front(); }
  template <class Task>
  void on_each(Task task) {
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
      engine_.reactors()[i]->post([this, i, task] { task(*lanes_[i]); });
    }
  }
  std::uint64_t replies() const;
  Measured measured() const;

  const Options& options_;
  const MakeDialogue& make_dialogue_;
  const char* const phase_;
  Engine engine_;
  std::vector<Dial::Options> dials_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::atomic<std::size_t> asked_connects_{0};
  std::atomic<std::size_t> connected_{0};
  std::atomic<std::size_t> lanes_done_{0};
  std::atomic<bool> measures_{false};
  std::atomic<bool> measured_{false};
  std::int64_t begin_ns_ = 0;  // of what is measured; the control's reactor
  std::int64_t end_ns_ = 0;
  std::uint64_t last_replies_ = 0;  // as told
  std::int64_t last_ns_ = 0;
  std::mutex mutex_;
  Status failure_;
};

Plan Run::plan_of(std::size_t lane) const {
  const std::size_t lanes = options_.threads;
  Plan plan;
  plan.depth = options_.depth;
  plan.rate = options_.rate / static_cast<double>(lanes);
  plan.limited = options_.requests != 0;
  plan.requests = options_.requests / lanes + (lane < options_.requests % lanes ? 1 : 0);
  return plan;
}

Status Run::open() {
  for (const std::string& source : options_.sources) {
    Result<Address> address = Address::parse("tcp://" + source + ":0");
    if (!address.is_ok()) return address.status();
    dials_.push_back({.source = address.value()});
  }
  if (dials_.empty()) dials_.emplace_back();
  for (std::size_t i = 0; i < options_.threads; ++i) {
    lanes_.push_back(
        std::make_unique<Lane>(*engine_.reactors()[i], plan_of(i), [this] { lane_done(); }));
    const Status status = lanes_.back()->open();
    if (!status.is_ok()) return status;
  }
  control().post([this] { tick(); });
  for (std::size_t i = 0; i < kConnectsAtATime; ++i) {
    const Status status = connect_next();
    if (!status.is_ok()) return status;
  }
  return Status::ok();
}

Status Run::connect_next() {
  const std::size_t number = asked_connects_.fetch_add(1);
  if (number >= options_.connections) return Status::ok();
  const auto reactor = static_cast<std::uint32_t>(number % lanes_.size());
  const Service service = [this, number](Connection& connection) {
    return std::make_unique<Caller>(lane_of(number), connection, make_dialogue_(number));
  };
  const Connector::Options how{
      .retries = 3, .first_backoff_ms = 100, .socket = dials_[number % dials_.size()]};
  return engine_
      .connect(
          options_.server, service, how,
          [this](const Result<Connection*>& result) { connected(result); }, reactor)
      .status();
}

void Run::connected(const Result<Connection*>& result) {
  if (!result.is_ok()) return give_up(result.status());
  if (connected_.fetch_add(1) + 1 == options_.connections) {
    control().post([this] { begin(); });
    return;
  }
  const Status status = connect_next();
  if (!status.is_ok()) give_up(status);
}

void Run::give_up(const Status& why) {
  {
    const std::lock_guard lock(mutex_);
    if (failure_.is_ok()) failure_ = why;
  }
  engine_.stop();
}

void Run::begin() {
  // Without a warm-up the first request counts.
  const bool at_once = options_.requests != 0 || options_.warm_up_ms == 0;
  if (at_once) begin_to_measure();
  on_each([](Lane& lane) { lane.begin(); });
  if (at_once) return;
  control().schedule(options_.warm_up_ms, [this] { begin_to_measure(); });
}

void Run::begin_to_measure() {
  begin_ns_ = monotonic_ns();
  measures_ = true;
  on_each([](Lane& lane) { lane.begin_to_measure(); });
  if (options_.requests == 0) control().schedule(options_.duration_ms, [this] { end(); });
}

void Run::end() {
  end_ns_ = monotonic_ns();
  measured_ = true;
  on_each([](Lane& lane) { lane.end(); });
  control().schedule(kDrainMs, [this] {
    on_each([](Lane& lane) { lane.close_all(); });
    engine_.stop();
  });
}

// On any lane's reactor.
void Run::lane_done() {
  if (lanes_done_.fetch_add(1) + 1 < lanes_.size()) return;
  control().post([this] {
    if (end_ns_ == 0) end_ns_ = monotonic_ns();
    if (begin_ns_ == 0) begin_ns_ = end_ns_;  // all were lost before it measured
    measured_ = true;
    on_each([](Lane& lane) { lane.close_all(); });
    engine_.stop();
  });
}

std::uint64_t Run::replies() const {
  std::uint64_t sum = 0;
  for (const auto& lane : lanes_) sum += lane->tally().replies.value();
  return sum;
}

void Run::tick() {
  constexpr std::int64_t kPeriodMs = 1000;
  const std::int64_t now_ns = monotonic_ns();
  const std::uint64_t now = replies();
  char text[128];
  if (connected_ < options_.connections) {
    std::snprintf(text, sizeof text, "%zu of %zu connected", connected_.load(),
                  options_.connections);
    if (last_ns_ != 0) say(text);
  } else if (last_ns_ != 0) {
    const double seconds = static_cast<double>(now_ns - last_ns_) / 1e9;
    std::snprintf(text, sizeof text, "%.0f requests/s%s",
                  static_cast<double>(now - last_replies_) / seconds,
                  measured_   ? ", ending"
                  : measures_ ? ""
                              : ", warming up");
    say(text);
  }
  last_replies_ = now;
  last_ns_ = now_ns;
  if (!engine_.stopping()) control().schedule(kPeriodMs, [this] { tick(); });
}

void Run::say(const char* what) const {
  if (!options_.quiet) std::fprintf(stderr, "%s: %s\n", phase_, what);
}

Measured Run::measured() const {
  Measured measured;
  for (const auto& lane : lanes_) {
    measured.latencies += lane->tally().latencies.snapshot();
    measured.replies += lane->tally().answered.value();
    measured.misses += lane->tally().misses.value();
    measured.unanswered += lane->tally().unanswered.value();
    measured.failures += lane->failures();
    measured.losses += lane->losses();
    if (measured.first_failure.empty()) measured.first_failure = lane->first_failure();
  }
  measured.seconds = static_cast<double>(end_ns_ - begin_ns_) / 1e9;
  return measured;
}

Result<Measured> Run::execute() {
  const Status status = open();
  if (!status.is_ok()) return status;
  const int exit_status = engine_.run();
  const std::lock_guard lock(mutex_);
  if (!failure_.is_ok()) return failure_;
  if (exit_status != 0) return Status::error("the engine has failed");
  if (!measured_) return Status::error("interrupted before it was over");
  return measured();
}

}  // namespace

Result<Measured> execute(const Options& options, const MakeDialogue& make_dialogue,
                         const char* phase) {
  raise_limit();
  set_log_level(LogLevel::kWarning);
  Run run(options, make_dialogue, phase);
  return run.execute();
}

}  // namespace weir::load
