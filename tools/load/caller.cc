#include "tools/load/caller.h"

#include <limits>
#include <utility>

#include "core/clock.h"
#include "tools/load/lane.h"

namespace weir::load {
namespace {

constexpr std::size_t kUnbounded = std::numeric_limits<std::size_t>::max() / 2;

}  // namespace

Caller::Caller(Lane& lane, Connection& connection, std::unique_ptr<Dialogue> dialogue)
    : lane_(lane), connection_(connection), dialogue_(std::move(dialogue)) {
  // What is outstanding is bounded by the depth; replies are to be read whatever that comes to.
  connection_.set_output_marks(kUnbounded, kUnbounded / 2);
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
}

void Caller::close() {
  const std::int64_t now_ns = monotonic_ns();
  for (const std::int64_t since_ns : asked_ns_) lane_.give_up(now_ns, since_ns);
  for (const std::int64_t since_ns : due_ns_) lane_.give_up(now_ns, since_ns);
  ends_here_ = true;
  connection_.close();
}

// A wrong reply: what follows it means nothing.
bool Caller::fail(const Status& what) {
  lane_.fail(what);
  ends_here_ = true;
  connection_.close();
  return false;
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
    return fail(Status::error("a reply that was not asked for: " + quote(connection.unread())));
  }
  const std::uint64_t misses = dialogue_->misses();
  Result<Dialogue::Step> step = dialogue_->check(connection.unread());
  if (!step.is_ok()) return fail(step.status());
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
  if (ends_here_) return;
  lane_.lose(reason.is_ok() ? Status::error("the server has closed a connection") : reason);
}

}  // namespace weir::load
