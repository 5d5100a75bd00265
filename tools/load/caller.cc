#include "tools/load/caller.h"

#include <algorithm>
#include <ctime>
#include <utility>

#include "tools/load/lane.h"

namespace weir::load {

std::int64_t monotonic_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

Caller::Caller(Lane& lane, Connection& connection, std::unique_ptr<Dialogue> dialogue)
    : lane_(lane), connection_(connection), dialogue_(std::move(dialogue)) {
  lane_.add(*this);
}

Caller::~Caller() { lane_.remove(*this); }

void Caller::begin() {
  const std::int64_t now_ns = monotonic_ns();
  while (asked_ns_.size() < lane_.plan().depth && lane_.take_request()) ask(now_ns);
  connection_.flush_later();
}

void Caller::ask_due(std::int64_t due_ns) {
  if (asked_ns_.size() < lane_.plan().depth) {
    ask(due_ns);
    connection_.flush_later();
  } else {
    due_ns_.push_back(due_ns);
  }
}

void Caller::ask(std::int64_t since_ns) {
  dialogue_->ask(connection_.output());
  asked_ns_.push_back(since_ns);
  lane_.note_sent();
}

void Caller::handle(Connection& connection) {
  const std::int64_t now_ns = monotonic_ns();
  while (!connection.unread().empty() && connection.is_open()) {
    if (!take_reply(connection, now_ns)) return;
  }
}

// False where there is none, or it is wrong.
bool Caller::take_reply(Connection& connection, std::int64_t now_ns) {
  if (asked_ns_.empty()) {
    lane_.fail(Status::error("a reply that was not asked for: " + quote(connection.unread())));
    connection.close();
    return false;
  }
  const std::uint64_t misses = dialogue_->misses();
  Result<Dialogue::Step> step = dialogue_->check(connection.unread());
  if (!step.is_ok()) {
    lane_.fail(step.status());
    connection.close();
    return false;
  }
  connection.consume(step->consumed);
  if (!step->is_whole) return step->consumed > 0;
  const std::int64_t since_ns = asked_ns_.front();
  asked_ns_.pop_front();
  lane_.count(now_ns, since_ns, dialogue_->misses() - misses);
  ask_next(now_ns);
  return true;
}

void Caller::ask_next(std::int64_t now_ns) {
  if (!due_ns_.empty()) {
    ask(due_ns_.front());
    due_ns_.pop_front();
  } else if (!lane_.is_open_loop() && lane_.take_request()) {
    ask(now_ns);
  } else {
    lane_.note_idle();
  }
}

void Caller::closed(Connection&, const Status& reason) {
  const bool is_lost = !lane_.is_over() || !asked_ns_.empty();
  if (!is_lost) return;
  lane_.lose(reason.is_ok() ? Status::error("the server has closed a connection") : reason);
}

}  // namespace weir::load
