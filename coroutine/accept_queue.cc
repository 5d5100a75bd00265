#include "coroutine/accept_queue.h"

#include <utility>

#include "base/check.h"

namespace weir {

AcceptQueue::AcceptQueue(Reactor& reactor) : reactor_(reactor) { reactor_.add_tenant(*this); }

AcceptQueue::~AcceptQueue() { reactor_.remove_tenant(*this); }

void AcceptQueue::add(Stream stream) {
  WEIR_DCHECK(reactor_.in_thread());
  if (waiting_.size() >= kMaxWaiting) return;  // closes
  end_told_ = false;
  waiting_.push_back(std::move(stream));
  if (acceptor_ != nullptr) acceptor_->go_on();
}

std::optional<Stream> AcceptQueue::Accept::await_resume() {
  check();
  queue_.end_told_ = queue_.waiting_.empty();
  if (queue_.end_told_) return std::nullopt;
  ++queue_.taken_;
  std::optional<Stream> first = std::move(queue_.waiting_.front());
  queue_.waiting_.pop_front();
  return first;
}

void AcceptQueue::end() {
  stopping_ = true;
  if (acceptor_ != nullptr) acceptor_->go_on();
}

}  // namespace weir
