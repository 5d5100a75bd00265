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
  made =
      reactor_.add_source(turns_.mutex->fd(turns_.worker), {}, [this](Interest) { take_turn(); });
  if (!made.is_ok()) return made.status();
  wait_ = *made;
  has_turn_ = turns_.mutex->want(turns_.worker);
  return has_turn_ ? reactor_.resume_source(*source_) : Status::ok();
}

void Acceptor::stop() {
  paused_until_ms_ = 0;
  if (source_ != nullptr) reactor_.remove_source(*std::exchange(source_, nullptr));
  if (wait_ != nullptr) reactor_.remove_source(*std::exchange(wait_, nullptr));
  if (has_turns()) leave_turns();
}

void Acceptor::take_turn() {
  const bool has_come = turns_.mutex->take(turns_.worker);
  if (!has_come || std::exchange(has_turn_, true)) return;
  watch();
}

bool Acceptor::pass_turn() {
  has_turn_ = !turns_.mutex->pass(turns_.worker);
  return !has_turn_;
}

void Acceptor::leave_turns() {
  has_turn_ = false;
  turns_.mutex->leave(turns_.worker);
}

void Acceptor::accept() {
  const auto deal = [this](int fd, const Address& peer) {
    dealer_({fd, peer, &listener_.service()});
  };
  const std::uint64_t refused = listener_.refused();
  const bool all_accepted = listener_.accept_ready(deal) == Listener::Outcome::kDone;
  reactor_.count_refused(listener_.refused() - refused);
  if (!all_accepted) {
    reactor_.pause_source(*source_);
    pause();
  } else if (has_turns()) {
    if (pass_turn()) reactor_.pause_source(*source_);
  } else if (listener_.is_shared()) {
    reactor_.pause_source(*source_);
    watch();
  }
}

// The turn is for others meanwhile.
void Acceptor::pause() {
  if (has_turns()) leave_turns();
  paused_until_ms_ = reactor_.now_ms() + Listener::kPauseMs;
}

void Acceptor::resume() {
  paused_until_ms_ = 0;
  if (has_turns()) has_turn_ = turns_.mutex->want(turns_.worker);
  if (!has_turns() || has_turn_) watch();
}

// However often the kernel has no memory for it: a server that does not accept is none.
void Acceptor::watch() {
  if (!reactor_.resume_source(*source_).is_ok()) pause();
}

}  // namespace weir
