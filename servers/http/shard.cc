#include "servers/http/shard.h"

#include <algorithm>
#include <ctime>
#include <utility>

#include "codec/http_date.h"
#include "core/clock.h"
#include "core/connection.h"
#include "servers/http/exchange.h"
#include "servers/http/server.h"
#include "servers/http/session.h"

namespace weir::http {

Shard::Shard(Server& server, Reactor& reactor) : server_(server), reactor_(reactor) {
  reactor.add_tenant(*this);
}
Shard::~Shard() { reactor_.remove_tenant(*this); }

void Shard::begin_stop() {
  for (const Watch& watch : watched_) {
    Connection* const connection = reactor_.find(watch.id);
    if (connection == nullptr) continue;
    connection->run([](Connection* found) { static_cast<Session&>(found->session()).pump(); });
  }
}

std::string_view Shard::date() {
  if (asked_ms_ == reactor_.now_ms()) return date_;
  asked_ms_ = reactor_.now_ms();
  const std::int64_t seconds = std::time(nullptr);
  if (seconds == seconds_) return date_;
  seconds_ = seconds;
  date_ = "Date: " + codec::format_http_date(seconds) + "\r\n";
  return date_;
}

std::unique_ptr<Exchange> Shard::take_exchange() {
  return spare_ != nullptr ? std::move(spare_) : std::make_unique<Exchange>();
}

void Shard::give_back(std::unique_ptr<Exchange> exchange) {
  exchange->clear();
  if (spare_ == nullptr) spare_ = std::move(exchange);
}

void Shard::watch(ConnectionId id) {
  const std::int64_t period_ms = server_.limits().shortest_ms();
  if (watched_.empty()) look_in(period_ms);
  watched_.push_back({id, static_cast<std::uint32_t>(reactor_.now_ms() + period_ms)});
}

void Shard::look_in(std::int64_t delay_ms) {
  reactor_.schedule(delay_ms, [this] { look(); });
}

void Shard::look() {
  const auto until_due = [this](const Watch& watch) {
    return static_cast<std::int32_t>(watch.look_ms - static_cast<std::uint32_t>(reactor_.now_ms()));
  };
  for (int looks = 0; looks < kLooksPerTick && !watched_.empty(); ++looks) {
    const Watch first = watched_.front();
    if (until_due(first) > 0) break;
    Connection* const connection = reactor_.find(first.id);
    if (connection != nullptr) {
      connection->run([this, &first](Connection* found) {
        static_cast<Session&>(found->session()).check_deadlines();
        if (found->is_open()) watch(first.id);
      });
    }
    watched_.pop_front();
  }
  if (!watched_.empty()) look_in(std::max(until_due(watched_.front()), 1));
}

void Shard::note_answer(int status, std::int64_t began_us) {
  const bool known = status >= 100 && status < 600;
  counts_.answers[known ? static_cast<std::size_t>(status) / 100 : 5].add();
  if (began_us != reactor_.tick_start_us()) {
    return counts_.answer_us.record(static_cast<std::uint64_t>(monotonic_us() - began_us));
  }
  ++answered_;
  note_tick();
}

void Shard::note_tick() {
  if (tick_noted_) return;
  reactor_.run_at_flush([this] { finish_tick(); });
  tick_noted_ = true;
}

void Shard::log(const LogEntry& entry, int status, std::uint64_t bytes) {
  append_log_line(log_lines_, entry, status, bytes);
  note_tick();
}

// One look at the clock, and one hand-over of the log, for all that a tick has answered.
void Shard::finish_tick() {
  tick_noted_ = false;
  const std::int64_t elapsed_us = monotonic_us() - reactor_.tick_start_us();
  const std::uint64_t answered = std::exchange(answered_, 0);
  if (answered > 0) counts_.answer_us.record(static_cast<std::uint64_t>(elapsed_us), answered);
  if (!log_lines_.empty()) server_.access_log()->write(log_lines_);
  log_lines_.clear();
}

}  // namespace weir::http
