#include "core/acceptor.h"

#include <utility>

#include "core/reactor.h"

namespace weir {

Acceptor::Acceptor(Reactor& reactor, Listener& listener, Dealer dealer, Turns turns)
    : reactor_(reactor), listener_(listener), dealer_(std::move(dealer)), turns_(turns) {}

Status Acceptor::start() {
  Source::OnReady accept_now = [this](Interest) { accept(); };
  Result<Source*> made = listener_.is_shared()
                             ? reactor_.add_shared_source(listener_.fd(), std::move(accept_now))
                             : reactor_.add_source(listener_.fd(), {}, std::move(accept_now));
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
  if (source_ != nullptr) reactor_.remove_source(*std::exchange(source_, nullptr));
  if (wait_ != nullptr) reactor_.remove_source(*std::exchange(wait_, nullptr));
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
  const std::uint64_t refused = listener_.refused();
  const Listener::Outcome outcome = listener_.accept_ready([this](int fd, const Address& peer) {
    dealer_({fd, peer, &listener_.service()});
  });
  reactor_.count_refused(listener_.refused() - refused);
  return outcome;
}

void Acceptor::accept_last() {
  if (listener_.is_shared() && !has_turns()) accept_ready();
}

void Acceptor::accept() {
  const bool all_accepted = accept_ready() == Listener::Outcome::kDone;
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
