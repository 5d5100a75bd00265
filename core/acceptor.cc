#include "core/acceptor.h"

#include <utility>

#include "core/reactor.h"

namespace weir {

Acceptor::Acceptor(Reactor& reactor, Listener& listener, Dealer dealer, Turns turns)
    : reactor_(reactor), listener_(listener), dealer_(std::move(dealer)), turns_(turns) {}

Status Acceptor::start() {
  // Whose turns are bounded is not to get more than it asks for.
  const bool shared = listener_.is_shared() || has_turns();
  Result<Source*> made =
      reactor_.add_listening_source(listener_.fd(), shared, [this](Interest) { accept(); });
  if (!made.is_ok()) return made.status();
  source_ = *made;
  if (!has_turns()) return Status::ok();
  reactor_.pause_source(*source_);
  made = reactor_.add_shared_source(turns_.mutex->fd(), [this](Interest) { take_turn(); });
  if (!made.is_ok()) return made.status();
  wait_ = *made;
  return Status::ok();
}

void Acceptor::stop() {
  paused_until_ms_ = 0;
  if (std::exchange(stopped_, true)) return;
  if (source_ != nullptr) reactor_.remove_source(*source_);
  if (wait_ != nullptr) reactor_.remove_source(*wait_);
  if (holds_turn_) {
    end_turn();
  } else if (has_turns()) {
    turns_.mutex->pass_on();
  }
}

void Acceptor::take_turn() {
  if (!turns_.mutex->try_lock(turns_.worker)) return;
  reactor_.pause_source(*wait_);
  holds_turn_ = true;
  resume();
}

void Acceptor::end_turn() {
  holds_turn_ = false;
  turns_.mutex->unlock(turns_.worker);
}

Listener::Outcome Acceptor::accept_ready() {
  return accept_by([this](sockaddr* peer, socklen_t* length) {
    return reactor_.accept(*source_, peer, length);
  });
}

Listener::Outcome Acceptor::accept_by(const Listener::Accept& accept) {
  const std::uint64_t refused = listener_.refused();
  const auto deal = [this](int fd, const Address& peer) {
    dealer_({fd, peer, &listener_.service()});
  };
  const Listener::Outcome outcome = listener_.accept_ready(accept, deal);
  reactor_.count_refused(listener_.refused() - refused);
  return outcome;
}

void Acceptor::accept_last() {
  if (source_ == nullptr || has_turns()) return;
  while (accept_ready() != Listener::Outcome::kDone) {
  }
  if (!listener_.is_shared()) return;
  accept_by([this](sockaddr* peer, socklen_t* length) {
    return reactor_.sockets().accept(listener_.fd(), peer, length);
  });
}

void Acceptor::accept() {
  const bool all_accepted = accept_ready() != Listener::Outcome::kPause;
  if (all_accepted && !listener_.is_shared() && !has_turns()) return;
  reactor_.pause_source(*source_);
  if (holds_turn_) end_turn();
  all_accepted ? resume() : pause();
}

// The turn is for others meanwhile.
void Acceptor::pause() {
  if (holds_turn_) end_turn();
  paused_until_ms_ = reactor_.now_ms() + Listener::kPauseMs;
}

// However often the kernel has no memory for it: a server that does not accept is none.
void Acceptor::resume() {
  paused_until_ms_ = 0;
  if (!reactor_.resume_source(*watched()).is_ok()) pause();
}

}  // namespace weir
