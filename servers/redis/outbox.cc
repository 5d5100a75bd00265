#include "servers/redis/outbox.h"

#include <utility>

#include "core/engine.h"

namespace weir::redis {

Outbox::Outbox(Engine& engine) : engine_(engine), queues_(engine.reactors().size()) {}

void Outbox::send(ConnectionId to, std::shared_ptr<const Delivery> delivery) {
  Queue& queue = queues_[to.reactor()];
  bool first = false;
  {
    const std::lock_guard lock(queue.mutex);
    first = queue.letters.empty();
    queue.letters.push_back({to, std::move(delivery)});
    queue.bytes += cost(queue.letters.back());
    note_fill(queue);
  }
  if (first) deliver_later(*engine_.reactors()[to.reactor()]);
}

// REQUIRES: the queue is locked.
void Outbox::note_fill(Queue& queue) {
  const bool full = queue.bytes > (queue.full ? kLow : kHigh);
  if (full == queue.full) return;
  queue.full = full;
  full ? ++full_queues_ : --full_queues_;
}

void Outbox::deliver_later(Reactor& reactor) {
  reactor.post([this, &reactor] { deliver(reactor); });
}

// REQUIRES: the queue is locked.
std::vector<Outbox::Letter> Outbox::take_turn(Queue& queue) {
  std::vector<Letter> turn;
  std::size_t taken = 0;
  while (!queue.letters.empty() && taken < kTurnBytes) {
    taken += cost(queue.letters.front());
    turn.push_back(std::move(queue.letters.front()));
    queue.letters.pop_front();
  }
  queue.bytes -= taken;
  note_fill(queue);
  return turn;
}

void Outbox::deliver(Reactor& reactor) {
  std::vector<Letter> letters;
  bool more = false;
  {
    Queue& queue = queues_[reactor.index()];
    const std::lock_guard lock(queue.mutex);
    letters = take_turn(queue);
    more = !queue.letters.empty();
  }
  if (more) deliver_later(reactor);
  for (const Letter& letter : letters) {
    Connection* connection = reactor.find(letter.to);
    if (connection == nullptr) continue;
    connection->run([&letter](Connection* open) {
      auto& recipient = static_cast<Recipient&>(open->session());
      letter.delivery->deliver(*open, recipient.client());
      recipient.delivered(*open);
    });
  }
}

}  // namespace weir::redis
