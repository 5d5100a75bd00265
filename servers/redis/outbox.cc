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
  }
  if (!first) return;
  Reactor& reactor = *engine_.reactors()[to.reactor()];
  reactor.post([this, &reactor] { deliver(reactor); });
}

void Outbox::deliver(Reactor& reactor) {
  std::vector<Letter> letters;
  {
    Queue& queue = queues_[reactor.index()];
    const std::lock_guard lock(queue.mutex);
    letters.swap(queue.letters);
  }
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
