#include "coroutine/nursery.h"

#include <exception>
#include <utility>

#include "base/check.h"

namespace weir {

Nursery::Nursery(Engine& engine, Reactor& reactor) : engine_(engine), reactor_(reactor) {
  reactor_.add_tenant(*this);
}

Nursery::~Nursery() {
  reactor_.remove_tenant(*this);
  while (first_ != nullptr) remove(*first_);
}

namespace {

// A base, to be there before the task is made and until it is gone.
struct Maker {
  std::function<Task<>()> make_;
};

class Started final : private Maker, public Nursery::Root {
 public:
  Started(std::function<Task<>()> make, Nursery::Done done)
      : Maker{std::move(make)}, Root(make_(), false), done_(std::move(done)) {}

 private:
  void done(std::exception_ptr error) override {
    if (done_ != nullptr) done_(error);
  }

  const Nursery::Done done_;
};

}  // namespace

void Nursery::start(std::function<Task<>()> make, const Done& done) {
  std::unique_ptr<Started> started;
  try {
    started = std::make_unique<Started>(std::move(make), done);
  } catch (...) {
    if (done != nullptr) done(std::current_exception());
    return;
  }
  start(std::move(started));
}

void Nursery::start(std::unique_ptr<Root> root) {
  WEIR_DCHECK(reactor_.in_thread());
  Root& added = *root;
  add(std::move(root));
  added.start(engine_, reactor_, reactor_.is_stopping() && !added.with_connection_);
}

// As the last of the ring.
void Nursery::add(std::unique_ptr<Root> root) {
  Root* const added = root.release();
  if (first_ == nullptr) first_ = added->next_ = added->previous_ = added;
  added->next_ = first_;
  added->previous_ = first_->previous_;
  added->next_->previous_ = added->previous_->next_ = added;
  added->nursery_ = this;
  ++size_;
  if (added->with_connection_) ++with_connections_;
}

void Nursery::remove(Root& root) {
  const std::unique_ptr<Root> removed(&root);
  if (first_ == &root) first_ = root.next_ == &root ? nullptr : root.next_;
  root.next_->previous_ = root.previous_;
  root.previous_->next_ = root.next_;
  --size_;
  if (root.with_connection_) --with_connections_;
}

std::coroutine_handle<> Nursery::Root::ended() {
  done(failure());
  nursery_->remove(*this);
  return std::noop_coroutine();
}

// The end of one may bring about that of others: each in turn is first, and last from then on.
void Nursery::cancel_all(bool with_connections) {
  for (std::size_t left = size_; left > 0 && first_ != nullptr; --left) {
    Root& root = *first_;
    first_ = root.next_;
    if (with_connections || !root.with_connection_) root.cancel();
  }
}

void Nursery::begin_stop() { cancel_all(false); }

void Nursery::end_stop() { cancel_all(true); }

}  // namespace weir
