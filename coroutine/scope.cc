#include "coroutine/scope.h"

namespace weir {

class Scope::Member final : public Child<void> {
 public:
  Member(Task<> task, Scope& scope) : Child(std::move(task)), scope_(scope) {}
  using Child::failure;
  std::list<std::unique_ptr<Member>>::iterator place;

 private:
  std::coroutine_handle<> ended() override { return scope_.note(*this); }

  Scope& scope_;
};

Scope::Scope(Context& parent) { context_.begin(parent); }
Scope::~Scope() = default;

void Scope::spawn(Task<> task) {
  children_.push_front(std::make_unique<Member>(std::move(task), *this));
  Member& member = *children_.front();
  member.place = children_.begin();
  member.start(context_);
}

bool Scope::join(std::coroutine_handle<> joining) {
  if (children_.empty()) return false;
  joining_ = joining;
  return true;
}

// The member goes last: until then nobody has joined, and the scope is there.
std::coroutine_handle<> Scope::note(Member& member) {
  if (failure_ == nullptr) {
    failure_ = member.failure();
    if (failure_ != nullptr) context_.cancel();
  }
  children_.erase(member.place);
  if (!children_.empty() || !joining_) return std::noop_coroutine();
  return joining_;
}

}  // namespace weir
