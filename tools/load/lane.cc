#include "tools/load/lane.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/check.h"
#include "tools/load/caller.h"

namespace weir::load {

Lane::Lane(Reactor& reactor, const Plan& plan, std::function<void()> done)
    : reactor_(reactor), plan_(plan), done_(std::move(done)) {}

Lane::~Lane() {
  if (timer_ >= 0) ::close(timer_);
}

Status Lane::open() {
  if (!is_open_loop()) return Status::ok();
  timer_ = ::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  if (timer_ < 0) return Status::from_errno(errno, "cannot create a timer");
  return reactor_.add_source(timer_, {}, [this](Interest) { ask_due(); }).status();
}

void Lane::add(Caller& caller) {
  caller.place_ = callers_.size();
  callers_.push_back(&caller);
}

void Lane::remove(Caller& caller) {
  callers_.back()->place_ = caller.place_;
  callers_[caller.place_] = callers_.back();
  callers_.pop_back();
  outstanding_ -= caller.asked_ns_.size() + caller.due_ns_.size();
  note_idle();
}

void Lane::begin() {
  begin_ns_ = monotonic_ns();
  if (is_open_loop()) {
    arm(begin_ns_);
  } else {
    for (Caller* caller : callers_) caller->begin();
  }
  note_idle();
}

bool Lane::take_request() {
  if (over_ || is_exhausted()) return false;
  ++asked_;
  ++outstanding_;
  return true;
}

// Request i is due at i intervals from the begin: who is late does not move the others.
void Lane::ask_due() {
  std::uint64_t expirations = 0;
  [[maybe_unused]] const ssize_t size = ::read(timer_, &expirations, sizeof expirations);
  const std::int64_t now = monotonic_ns();
  const double interval_ns = 1e9 / plan_.rate;
  while (!callers_.empty()) {
    const auto due =
        begin_ns_ + static_cast<std::int64_t>(static_cast<double>(asked_) * interval_ns);
    if (due > now || !take_request()) break;
    next_caller_ = (next_caller_ + 1) % callers_.size();
    callers_[next_caller_]->ask_due(due);
  }
  arm(now);
}

void Lane::arm(std::int64_t now) {
  if (over_ || is_exhausted()) return;
  const auto next =
      begin_ns_ + static_cast<std::int64_t>(static_cast<double>(asked_) * 1e9 / plan_.rate);
  const std::int64_t at = std::max(next, now + kLeastPauseNs);
  itimerspec when{};
  when.it_value.tv_sec = at / 1'000'000'000;
  when.it_value.tv_nsec = at % 1'000'000'000;
  WEIR_CHECK(::timerfd_settime(timer_, TFD_TIMER_ABSTIME, &when, nullptr) == 0);
}

void Lane::count(std::int64_t now, std::int64_t since, std::uint64_t misses) {
  --outstanding_;
  tally_.replies.add();
  if (is_measured(now)) tally_.answered.add();
  if (!is_measured(since)) return;
  tally_.misses.add(misses);
  tally_.latencies.record(static_cast<std::uint64_t>((now - since) / Tally::kUnitNs));
}

void Lane::give_up(std::int64_t now, std::int64_t since) {
  if (!is_measured(since)) return;
  tally_.unanswered.add();
  tally_.latencies.record(static_cast<std::uint64_t>((now - since) / Tally::kUnitNs));
}

void Lane::end() {
  if (std::exchange(over_, true)) return;
  measured_to_ns_ = monotonic_ns();
  note_idle();
}

// Over when nobody waits for a reply any more, and nothing more is to be asked.
void Lane::note_idle() {
  if (done_told_ || !(over_ || is_exhausted() || callers_.empty()) || begin_ns_ == 0) return;
  if (outstanding_ > 0) return;
  done_told_ = true;
  over_ = true;
  measured_to_ns_ = std::min(measured_to_ns_, monotonic_ns());
  done_();
}

void Lane::close_all() {
  over_ = true;
  done_told_ = true;
  for (Caller* caller : callers_) caller->close();
}

void Lane::remember(const Status& what) {
  const std::lock_guard lock(mutex_);
  if (first_failure_.empty()) first_failure_ = what.message();
}

void Lane::fail(const Status& what) {
  failures_.fetch_add(1, std::memory_order_relaxed);
  remember(what);
}

void Lane::lose(const Status& why) {
  losses_.fetch_add(1, std::memory_order_relaxed);
  remember(why);
}

std::string Lane::first_failure() const {
  const std::lock_guard lock(mutex_);
  return first_failure_;
}

}  // namespace weir::load
