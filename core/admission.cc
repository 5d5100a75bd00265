#include "core/admission.h"

#include <utility>

namespace weir {

Admission::Admission(const Options& options, const Reactors& reactors)
    : options_(options),
      placement_(place(options.model, options.threads)),
      reactors_(reactors),
      balancer_(options.balancer) {}

Status Admission::open() {
  for (std::size_t i = placement_.first_worker; i < reactors_.size(); ++i) {
    worker_loads_.push_back(&reactors_[i]->load());
  }
  return prefork() ? process_loads_.open(placement_.processes) : Status::ok();
}

Acceptor::Dealer Admission::dealer(const Address& address, Reactor& acceptor) {
  if (accepting(options_.model, address) == Accepting::kReactor0 && !prefork()) {
    return [this, &acceptor](Accepted accepted) {
      if (admit(accepted, acceptor)) deal(std::move(accepted));
    };
  }
  return [this, &acceptor](Accepted accepted) {
    if (admit(accepted, acceptor)) acceptor.hand_off(std::move(accepted));
  };
}

// Reactors that accept at the same time may let in one more each.
bool Admission::admit(const Accepted& accepted, Reactor& acceptor) {
  if (options_.max_connections == 0 || connections() < options_.max_connections) return true;
  acceptor.refuse(accepted);
  return false;
}

void Admission::deal(Accepted accepted) {
  const std::size_t worker = balancer_.pick(accepted.peer, worker_loads_);
  reactors_[placement_.first_worker + worker]->hand_off(std::move(accepted));
}

std::size_t Admission::connections() const {
  std::size_t total = 0;
  for (std::size_t i = 0; i < process_loads_.size(); ++i) total += process_loads_[i].load();
  if (prefork()) return total;
  for (const auto& reactor : reactors_) total += reactor->load().load(std::memory_order_relaxed);
  return total;
}

}  // namespace weir
