#include "core/acceptor.h"

#include <utility>

#include "core/reactor.h"

namespace weir {

Acceptor::Acceptor(Reactor& reactor, Listener& listener, Dealer dealer, Turns turns)
    : reactor_(reactor), listener_(listener), dealer_(std::move(dealer)), turns_(turns) {}

Status Acceptor::start() { return watch(); }

void Acceptor::stop() {
  reactor_.cancel(resume_timer_);
  if (source_ != nullptr) reactor_.remove_source(*std::exchange(source_, nullptr));
  if (wait_ != nullptr) reactor_.remove_source(*std::exchange(wait_, nullptr));
  if (holds_turn_) end_turn();
}

// The listener, or while another process has the turn its end.
Status Acceptor::watch() {
  const bool waits = has_turns() && !holds_turn_;
  Source::OnReady accept_now = [this](Interest) { accept(); };
  Source::OnReady take_now = [this](Interest) { take_turn(); };
  Result<Source*> watched =
      waits                   ? reactor_.add_shared_source(turns_.mutex->fd(), std::move(take_now))
      : listener_.is_shared() ? reactor_.add_shared_source(listener_.fd(), std::move(accept_now))
                              : reactor_.add_source(listener_.fd(), {}, std::move(accept_now));
  if (!watched.is_ok()) return watched.status();
  (waits ? wait_ : source_) = watched.value();
  return Status::ok();
}

void Acceptor::take_turn() {
  if (!turns_.mutex->try_lock(turns_.worker)) return;
  holds_turn_ = true;
  reactor_.remove_source(*std::exchange(wait_, nullptr));
  go_on();
}

void Acceptor::end_turn() {
  holds_turn_ = false;
  turns_.mutex->unlock(turns_.worker);
}

void Acceptor::accept() {
  const auto deal = [this](int fd, const Address& peer) {
    dealer_({fd, peer, &listener_.service()});
  };
  const bool pause = listener_.accept_ready(deal) == Listener::Outcome::kPause;
  if (!pause && !listener_.is_shared() && !has_turns()) return;
  reactor_.remove_source(*std::exchange(source_, nullptr));
  if (holds_turn_) end_turn();
  pause ? resume_later() : go_on();
}

void Acceptor::go_on() {
  if (!watch().is_ok()) resume_later();
}

// However often the kernel has no memory for it: a server that does not accept is none. The turn is
// for others meanwhile.
void Acceptor::resume_later() {
  if (holds_turn_) end_turn();
  resume_timer_ = reactor_.schedule(Listener::kPauseMs, [this] { go_on(); });
}

}  // namespace weir
