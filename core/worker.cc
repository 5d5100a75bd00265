#include "core/worker.h"

#include <utility>

namespace weir {

Worker::Worker(std::uint32_t number, int orders, Master& master, Reactor& reactor, Obey obey)
    : number_(number),
      orders_(orders),
      master_(master),
      reactor_(reactor),
      obey_(std::move(obey)) {}

Status Worker::open() {
  const Status status = reactor_.open();
  if (!status.is_ok()) return status;
  const Result<Source*> source = reactor_.add_source(orders_, {}, [this](Interest) { hear(); });
  if (source.is_ok()) source_ = source.value();
  return source.status();
}

void Worker::run() {
  reactor_.post([this] { master_.report_serving(number_); });
  reactor_.run();
}

void Worker::hear() {
  Master::Order order{};
  const ssize_t size = Master::read_order(reactor_.sockets(), orders_, order);
  if (size < 0) return;
  // The end stays readable for ever.
  if (size == 0) reactor_.remove_source(*source_);
  obey_(order);
}

}  // namespace weir
