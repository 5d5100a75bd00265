#include "servers/redis/outbox.h"

#include <limits>
#include <utility>

#include "base/check.h"
#include "base/status.h"
#include "core/engine.h"

namespace weir::redis {
namespace {

class CutOff final : public Delivery {
 public:
  void deliver(Connection& connection, Client& client) const override {
    if (!connection.is_open()) return;
    client.killed = true;
    connection.close(Status::error("far more is sent to it unasked than its thread can deliver"));
  }
  std::size_t bytes() const override { return 0; }
};

}  // namespace

Outbox::Outbox(Engine& engine)
    : engine_(engine), queues_(engine.reactors().size()), cut_off_(std::make_shared<CutOff>()) {}

void Outbox::send(ConnectionId to, std::shared_ptr<const Delivery> delivery) {
  Queue& queue = queues_[to.reactor()];
  const std::lock_guard lock(queue.mutex);
  add(queue, {to, std::move(delivery)});
}

void Outbox::push(ConnectionId to, std::shared_ptr<const Delivery> delivery) {
  Queue& queue = queues_[to.reactor()];
  const std::lock_guard lock(queue.mutex);
  add(queue, {to, queue.bytes < kMost ? std::move(delivery) : cut_off_});
}

// REQUIRES: the queue is locked, as for the next three.
void Outbox::add(Queue& queue, Letter letter) {
  if (queue.ended) return;
  Reactor& reactor = *engine_.reactors()[letter.to.reactor()];
  queue.letters.push_back(std::move(letter));
  queue.bytes += cost(queue.letters.back());
  note_fill(queue);
  if (!queue.posted) post_delivery(queue, reactor);
}

// Whether there is room from now on.
bool Outbox::note_fill(Queue& queue) {
  const bool full = queue.bytes > (queue.full ? kLow : kHigh);
  if (full == queue.full) return false;
  queue.full = full;
  if (full) return ++full_queues_, false;
  return --full_queues_ == 0;
}

void Outbox::post_delivery(Queue& queue, Reactor& reactor) {
  reactor.post([this, &reactor] { deliver(reactor); });
  queue.posted = true;
}

// All there is where the reactor is about to end. Whether there is room from now on.
bool Outbox::take_turn(Queue& queue, Reactor& reactor) {
  const std::size_t most =
      reactor.is_stopping() ? std::numeric_limits<std::size_t>::max() : kTurnBytes;
  std::size_t taken = 0;
  while (!queue.letters.empty() && taken < most) {
    taken += cost(queue.letters.front());
    queue.turn.push_back(std::move(queue.letters.front()));
    queue.letters.pop_front();
  }
  queue.bytes -= taken;
  queue.posted = false;
  if (!queue.letters.empty()) post_delivery(queue, reactor);
  return note_fill(queue);
}

void Outbox::deliver(Reactor& reactor) {
  Queue& queue = queues_[reactor.index()];
  bool has_room = false;
  {
    const std::lock_guard lock(queue.mutex);
    has_room = take_turn(queue, reactor);
  }
  if (has_room) tell_of_room();
  for (const Letter& letter : queue.turn) {
    Connection* connection = reactor.find(letter.to);
    if (connection == nullptr) continue;
    connection->run([&letter](Connection* open) {
      auto& recipient = static_cast<Recipient&>(open->session());
      letter.delivery->deliver(*open, recipient.client());
      recipient.delivered(*open);
    });
  }
  queue.turn.clear();
}

void Outbox::wait_for_room(const Connection& connection) {
  WEIR_DCHECK(connection.reactor().in_thread());
  queues_[connection.id().reactor()].line.push_back(connection.id());
}

// Who got into line before this, on seeing it full, is there when the reactor looks.
void Outbox::tell_of_room() {
  for (const auto& reactor : engine_.reactors()) {
    reactor->post([this, &reactor = *reactor] { let_in(reactor); });
  }
}

void Outbox::let_in(Reactor& reactor) {
  std::deque<ConnectionId>& line = queues_[reactor.index()].line;
  for (std::size_t left = line.size(); left > 0 && !is_full(); --left) {
    const ConnectionId id = line.front();
    line.pop_front();
    Connection* connection = reactor.find(id);
    if (connection == nullptr) continue;
    connection->run([](Connection* open) {
      if (open->is_open()) static_cast<Recipient&>(open->session()).has_room(*open);
    });
  }
}

void Outbox::end(Reactor& reactor) {
  WEIR_DCHECK(reactor.in_thread());
  Queue& queue = queues_[reactor.index()];
  bool has_room = false;
  {
    const std::lock_guard lock(queue.mutex);
    queue.ended = true;
    queue.letters.clear();
    queue.bytes = 0;
    has_room = note_fill(queue);
  }
  if (has_room) tell_of_room();
}

}  // namespace weir::redis
