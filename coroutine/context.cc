#include "coroutine/context.h"

#include "base/check.h"

namespace weir {

Context::~Context() { WEIR_DCHECK(!below_.is_linked() || !reactor_->in_thread()); }

// Where its parent has been cancelled already, so is it.
void Context::begin(Context& parent) {
  begin(*parent.engine_, *parent.reactor_);
  cancelled_ = parent.is_cancelled();
  parent.add(*this);
}

void Context::add(Cancellable& below) {
  WEIR_DCHECK(reactor_->in_thread());
  below.link_behind(below_);
}

void Context::cancel() {
  WEIR_DCHECK(reactor_->in_thread());
  if (cancelled_.exchange(true, std::memory_order_relaxed)) return;
  Head ring;  // this may be gone before all of it is
  ring.take_ring(below_);
  while (ring.is_linked()) {
    Cancellable& first = ring.next();
    first.unlink();
    first.cancel();
  }
}

}  // namespace weir
