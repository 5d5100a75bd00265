#include "core/datagram_peer.h"

#include <new>
#include <string>
#include <utility>

#include "base/check.h"
#include "core/datagram_endpoint.h"
#include "core/log.h"
#include "core/reactor.h"

namespace weir {
namespace {

// The address for the log, where memory may have run out.
std::string name_of(const Address& peer) noexcept {
  try {
    return "udp://" + peer.to_ip_port();
  } catch (const std::bad_alloc&) {
    return "a peer";  // short enough for a string to need none
  }
}

}  // namespace

Reactor& DatagramPeer::reactor() const { return endpoint_.reactor(); }

bool DatagramPeer::write(std::string_view datagram) {
  WEIR_DCHECK(reactor().in_thread());
  return !closed_ && endpoint_.send(route_, datagram);
}

void DatagramPeer::close(Status reason) {
  WEIR_DCHECK(reactor().in_thread());
  if (closed_) return;
  closed_ = true;
  close_reason_ = std::move(reason);
  endpoint_.retire(*this);
}

void DatagramPeer::run(const std::function<void(DatagramPeer*)>& task) {
  try {
    task(this);
  } catch (...) {
    fail_by_exception();
  }
}

TimerId DatagramPeer::run_after(std::int64_t delay_ms, std::function<void(DatagramPeer*)> task) {
  return reactor().schedule(delay_ms, [&endpoint = endpoint_, id = id_, task = std::move(task)] {
    DatagramPeer* peer = endpoint.find(id);
    if (peer != nullptr) peer->run(task);
  });
}

void DatagramPeer::open_session(const DatagramService& service) {
  try {
    session_ = service(*this);
  } catch (...) {
    fail_by_exception();
  }
  if (session_ == nullptr) close();
}

void DatagramPeer::receive(const DatagramRoute& route, std::string_view datagram) {
  route_.local = route.local;
  route_.interface = route.interface;
  try {
    session_->handle(*this, datagram);
  } catch (...) {
    fail_by_exception();
  }
}

void DatagramPeer::end_session() {
  if (session_ == nullptr) return;
  try {
    session_->closed(*this, close_reason_);
  } catch (...) {
    WEIR_LOG(kWarning, "%s", Status::from_exception("exception in closed()").message().c_str());
  }
}

void DatagramPeer::fail_by_exception() noexcept {
  Status reason = Status::from_exception("exception in the session");
  WEIR_LOG(kWarning, "closing %s: %s", name_of(address()).c_str(), reason.message().c_str());
  close(std::move(reason));
}

}  // namespace weir
