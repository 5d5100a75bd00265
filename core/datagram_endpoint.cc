#include "core/datagram_endpoint.h"

#include <algorithm>
#include <cerrno>
#include <new>
#include <string>

#include "base/check.h"
#include "core/log.h"

namespace weir {

DatagramEndpoint::DatagramEndpoint(Reactor& reactor, Sockets& sockets, DatagramArena& arena,
                                   std::uint32_t index, const DatagramReceiver& receiver,
                                   const DatagramOptions& options)
    : reactor_(reactor),
      arena_(arena),
      receiver_(receiver),
      options_(options),
      socket_(sockets),
      output_(arena),
      peers_(*this, index) {}

Status DatagramEndpoint::open(const Address& address, DatagramSocket::Port port,
                              const SocketOptions& socket_options) {
  return socket_.open(address, port, socket_options, options_);
}

Status DatagramEndpoint::inherit(int fd, const SocketOptions& socket_options) {
  return socket_.inherit(fd, socket_options, options_);
}

Status DatagramEndpoint::start() {
  const Result<Source*> source =
      reactor_.add_source(socket_.fd(), Interest{}, [this](Interest ready) { on_ready(ready); });
  if (!source.is_ok()) return source.status();
  source_ = source.value();
  reactor_.add_tenant(*this);
  return Status::ok();
}

void DatagramEndpoint::close() {
  if (source_ != nullptr) {
    reactor_.remove_tenant(*this);
    reactor_.remove_source(*source_);
    source_ = nullptr;
  }
  socket_.close();
}

bool DatagramEndpoint::send(const DatagramRoute& to, std::string_view datagram) {
  WEIR_DCHECK(reactor_.in_thread());
  // Port 0 is nobody's; as a source it can only be forged.
  const bool possible =
      socket_.is_open() && to.peer.port() != 0 && datagram.size() <= DatagramOutput::kMaxDatagram;
  if (possible && !blocked_ && output_.is_full(datagram.size())) send_output();
  if (!possible || output_.is_full(datagram.size())) {
    counters_.dropped.add();
    return false;
  }
  output_.append(to, datagram, socket_.max_segment());
  finish_later();
  return true;
}

void DatagramEndpoint::on_ready(Interest ready) {
  if (ready.writable && blocked_) send_output();
  if (ready.readable && reading_) receive();
}

// False when nothing was there.
bool DatagramEndpoint::receive() {
  const int count = socket_.receive(arena_);
  if (count < 0) {
    // An answer to something that was sent: the next call goes on behind it.
    if (count != -EAGAIN && count != -EINTR) counters_.receive_errors.add();
    return count != -EAGAIN;
  }
  for (int i = 0; i < count; ++i) {
    const DatagramArena::Received received = arena_.received(static_cast<std::size_t>(i));
    if (received.truncated) {
      counters_.truncated.add();
      continue;
    }
    std::string_view rest = received.bytes;
    do {
      const std::string_view datagram = rest.substr(0, received.segment);
      rest.remove_prefix(datagram.size());
      deliver(received.from, datagram);
    } while (!rest.empty());
  }
  return true;
}

void DatagramEndpoint::deliver(const DatagramRoute& from, std::string_view datagram) {
  counters_.received.add();
  counters_.bytes_received.add(datagram.size());
  if (const auto* handler = std::get_if<DatagramHandler>(&receiver_)) {
    return call_handler(*handler, from, datagram);
  }
  DatagramPeer* peer = peers_.find(from.peer);
  try {
    if (peer == nullptr) peer = open_session(std::get<DatagramService>(receiver_), from);
  } catch (const std::bad_alloc&) {
    WEIR_LOG(kWarning, "out of memory: a datagram of a new peer is dropped");
  }
  if (peer == nullptr) return counters_.refused.add();
  peer->received_ms_ = reactor_.now_ms();
  peers_.touch(*peer);
  peer->receive(from, datagram);
}

// A handler's fault meets every datagram: once a second is enough to say so.
void DatagramEndpoint::call_handler(const DatagramHandler& handler, const DatagramRoute& from,
                                    std::string_view datagram) {
  try {
    handler(*this, from, datagram);
  } catch (...) {
    if (reactor_.now_ms() - last_log_ms_ < 1000) return;
    last_log_ms_ = reactor_.now_ms();
    const Status reason = Status::from_exception("exception in the datagram handler");
    WEIR_LOG(kWarning, "%s", reason.message().c_str());
  }
}

// nullptr where there is no room, or the service wants none.
DatagramPeer* DatagramEndpoint::open_session(const DatagramService& service,
                                             const DatagramRoute& from) {
  const bool is_full = peers_.size() >= options_.max_sessions;
  if (is_full && options_.when_full == DatagramOptions::WhenFull::kRefuse) return nullptr;
  DatagramPeer& peer = peers_.add(from);
  peer.open_session(service);
  if (peer.session_ != nullptr) counters_.opened.add();
  if (peer.is_closed()) return nullptr;
  // Only now: whom the service refuses costs nobody his place.
  if (is_full) make_room();
  if (options_.idle_ms > 0 && !watching_idle_) watch_idle(options_.idle_ms);
  return &peer;
}

void DatagramEndpoint::make_room() {
  DatagramPeer* idlest = peers_.idlest();
  idlest->close(Status::error("another peer needed its place: there are " +
                              std::to_string(options_.max_sessions) +
                              " sessions, and it was silent for longest"));
}

void DatagramEndpoint::retire(DatagramPeer& peer) {
  peers_.retire(peer);
  finish_later();
}

void DatagramEndpoint::finish_later() {
  if (finish_queued_) return;
  reactor_.run_at_flush([this] { finish_tick(); });
  finish_queued_ = true;
}

void DatagramEndpoint::finish_tick() {
  close_retired();
  finish_queued_ = false;
  if (!blocked_ && !output_.empty()) send_output();
}

// closed() may close others: they follow in the same round.
void DatagramEndpoint::close_retired() {
  for (DatagramPeer* peer = peers_.next_retired(); peer != nullptr; peer = peers_.next_retired()) {
    if (peer->session_ != nullptr) counters_.closed.add();
    peer->end_session();
    peers_.destroy(*peer);
  }
}

void DatagramEndpoint::send_output() {
  if (!socket_.is_open()) return;
  output_.flush(socket_, counters_);
  const bool blocked = !output_.empty();
  if (blocked == blocked_) return;
  blocked_ = blocked;
  reactor_.set_interest(*source_, {reading_, blocked});
}

// One timer, set for the session that is idle for longest. Traffic only moves sessions to the end
// of the line, so it costs the timer nothing.
void DatagramEndpoint::watch_idle(std::int64_t delay_ms) {
  watching_idle_ = true;
  reactor_.schedule(delay_ms, [this] {
    watching_idle_ = false;
    expire();
  });
}

void DatagramEndpoint::expire() {
  for (std::size_t i = 0; i <= kExpiriesPerLook; ++i) {
    DatagramPeer* peer = peers_.idlest();
    if (peer == nullptr) return;
    const std::int64_t left_ms = peer->received_ms_ + options_.idle_ms - reactor_.now_ms();
    if (left_ms > 0 || i == kExpiriesPerLook) return watch_idle(std::max<std::int64_t>(left_ms, 0));
    counters_.expired.add();
    peer->close(idle_reason());
  }
}

// Also where memory has run out.
Status DatagramEndpoint::idle_reason() const noexcept {
  try {
    return Status::error("its idle deadline of " + std::to_string(options_.idle_ms) +
                         " ms has passed");
  } catch (const std::bad_alloc&) {
    return Status::error("it was idle");
  }
}

void DatagramEndpoint::begin_retirement() {
  retiring_ = true;
  reading_ = false;
  reactor_.set_interest(*source_, {reading_, blocked_});
}

void DatagramEndpoint::begin_stop() {
  int batches = 0;
  while (reading_ && batches < kBatchesAtStop && receive()) ++batches;
  retiring_ = reading_ = false;
  for (DatagramPeer* peer = peers_.idlest(); peer != nullptr; peer = peers_.idlest()) peer->close();
  close_retired();
  reactor_.set_interest(*source_, {reading_, blocked_});
  if (!blocked_ && !output_.empty()) send_output();
}

bool DatagramEndpoint::has_drained() const {
  return output_.empty() && (!retiring_ || peers_.size() == 0);
}

void DatagramEndpoint::end_stop() {
  if (source_ == nullptr) return;
  send_output();
  counters_.dropped.add(output_.datagrams());
  output_.clear();
  reactor_.remove_source(*source_);
  source_ = nullptr;
  socket_.close();
}

}  // namespace weir
