#include "coroutine/connect.h"

namespace weir {

bool Connect::begin(const Context& context) {
  engine_ = &context.engine();
  waiting_ = std::make_shared<Waiting>(Waiting{this});
  const auto service = [](Connection& connection) {
    return std::make_unique<StreamSession>(connection);
  };
  const auto done = [waiting = waiting_](Result<Connection*> connected) {
    if (waiting->connect == nullptr) {
      if (connected.is_ok()) connected.value()->close();
      return;
    }
    Connect& connect = *waiting->connect;
    if (connected.is_ok()) {
      connect.result_ = Stream(static_cast<StreamSession&>(connected.value()->session()));
    } else {
      connect.result_ = connected.status();
    }
    connect.resume();
  };
  const auto id = engine_->connect(address_, service, options_, done, context.reactor().index());
  if (!id.is_ok()) {
    result_ = id.status();
    return false;
  }
  id_ = id.value();
  return true;
}

void Connect::abandon() {
  waiting_->connect = nullptr;
  engine_->cancel(id_);
}

}  // namespace weir
