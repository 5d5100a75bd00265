#include "servers/redis/client_rounds.h"

#include <algorithm>

#include "core/clock.h"

namespace weir::redis {

void ClientRounds::add(Recipient& recipient, Connection& connection) {
  recipient.client().place = places_.size();
  places_.push_back({&recipient, &connection});
}

void ClientRounds::remove(Recipient& recipient) {
  const std::size_t place = recipient.client().place;
  places_[place] = places_.back();
  places_[place].recipient->client().place = place;
  places_.pop_back();
}

void ClientRounds::start(Reactor& reactor) {
  reactor.schedule(kTurnMs, [this, &reactor] { take_turn(reactor); });
}

void ClientRounds::take_turn(Reactor& reactor) {
  const std::int64_t now_ms = wall_ms();
  const std::size_t share = (places_.size() + kTurnsPerRound - 1) / kTurnsPerRound;
  for (std::size_t left = std::min(share, kMaxPerTurn); left > 0; --left) {
    if (next_ >= places_.size()) end_round();
    look_after(places_[next_++], now_ms);
  }
  if (places_.empty()) end_round();
  start(reactor);
}

void ClientRounds::look_after(const Place& place, std::int64_t now_ms) {
  place.connection->run([&](Connection* connection) {
    if (connection->is_open()) place.recipient->look_after(*connection, now_ms);
  });
  const BufferSizes& sizes = place.recipient->client().buffers;
  input_.note(sizes.query.load(std::memory_order_relaxed));
  output_.note(sizes.output.load(std::memory_order_relaxed));
}

void ClientRounds::end_round() {
  next_ = 0;
  input_.end_round();
  output_.end_round();
}

}  // namespace weir::redis
