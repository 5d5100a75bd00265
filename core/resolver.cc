#include "core/resolver.h"

#include <netinet/in.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <utility>

#include "core/check.h"

namespace weir {
namespace {

// As a system call of its kind: -1 and errno.
template <class T>
T or_minus_one(T result) {
  if (result >= 0) return result;
  errno = static_cast<int>(-result);
  return -1;
}

Sockets& sockets_of(void* resolver_sockets) { return *static_cast<Sockets*>(resolver_sockets); }

ares_socket_t make_socket(int domain, int type, int /*protocol*/, void* sockets) {
  return or_minus_one(sockets_of(sockets).socket(domain, type));
}

int close_socket(ares_socket_t fd, void* sockets) { return sockets_of(sockets).close(fd); }

int connect_socket(ares_socket_t fd, const sockaddr* address, ares_socklen_t length,
                   void* sockets) {
  return or_minus_one(sockets_of(sockets).connect(fd, address, length));
}

// A connected socket hears its peer only; c-ares wants to see for itself.
ares_ssize_t receive(ares_socket_t fd, void* bytes, std::size_t size, int /*flags*/, sockaddr* from,
                     ares_socklen_t* length, void* sockets) {
  const ssize_t received = sockets_of(sockets).receive(fd, bytes, size);
  if (received >= 0 && from != nullptr && sockets_of(sockets).peer_address(fd, from, length) < 0) {
    *length = 0;
  }
  return or_minus_one(received);
}

ares_ssize_t send(ares_socket_t fd, const iovec* pieces, int count, void* sockets) {
  return or_minus_one(sockets_of(sockets).send(fd, pieces, static_cast<std::size_t>(count)));
}

constexpr ares_socket_functions kSocketFunctions = {make_socket, close_socket, connect_socket,
                                                    receive, send};

Address with_port(const ares_addrinfo_node& node, std::uint16_t port) {
  sockaddr_storage address{};
  const auto length = std::min<std::size_t>(node.ai_addrlen, sizeof address);
  std::copy_n(reinterpret_cast<const char*>(node.ai_addr), length,
              reinterpret_cast<char*>(&address));
  // The port of IPv4 and IPv6 is at the same place.
  reinterpret_cast<sockaddr_in*>(&address)->sin_port = htons(port);
  return Address::from_sockaddr(reinterpret_cast<sockaddr*>(&address),
                                static_cast<socklen_t>(length));
}

}  // namespace

Resolver::Resolver(Reactor& reactor, Options options)
    : reactor_(reactor), options_(std::move(options)) {}

Resolver::~Resolver() {
  for (const auto& [id, query] : queries_) {
    reactor_.cancel(query->delivery);
    query->done = nullptr;
  }
  reactor_.cancel(timer_);
  if (channel_ != nullptr) ares_destroy(channel_);  // answers what it has, and closes its sockets
}

Status Resolver::open() {
  static std::once_flag once;  // c-ares counts its calls without a lock
  std::call_once(once, [] { WEIR_CHECK(ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS); });
  ares_options options{};
  options.timeout = options_.timeout_ms;
  options.tries = options_.tries;
  options.sock_state_cb = on_socket_state;
  options.sock_state_cb_data = this;
  const int mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB;
  int result = ares_init_options(&channel_, &options, mask);
  if (result != ARES_SUCCESS) {
    channel_ = nullptr;
    return Status::error(std::string("cannot start the resolver: ") + ares_strerror(result));
  }
  ares_set_socket_functions(channel_, &kSocketFunctions, &reactor_.sockets());
  if (options_.name_servers.empty()) return Status::ok();
  result = ares_set_servers_ports_csv(channel_, options_.name_servers.c_str());
  if (result == ARES_SUCCESS) return Status::ok();
  ares_destroy(std::exchange(channel_, nullptr));
  return Status::error("name servers '" + options_.name_servers +
                       "': expected addresses as in 10.0.0.1,[::1]:53");
}

Result<Resolver::QueryId> Resolver::resolve(const std::string& host, std::uint16_t port,
                                            Done done) {
  WEIR_DCHECK(reactor_.in_thread());
  WEIR_CHECK(done != nullptr);
  if (queries_.size() >= options_.max_queries) {
    return Status::error("cannot resolve '" + host + "': " + std::to_string(queries_.size()) +
                         " names are being resolved already");
  }
  if (channel_ == nullptr) {
    const Status status = open();
    if (!status.is_ok()) return status;
  }
  const QueryId id = ++last_id_;
  auto& query = queries_[id];
  query = std::make_unique<Query>(Query{this, id, host, port, std::move(done)});
  ++wanted_;
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  ares_getaddrinfo(channel_, host.c_str(), nullptr, &hints, on_answer, query.get());
  set_timer();
  return id;
}

bool Resolver::cancel(QueryId id) {
  WEIR_DCHECK(reactor_.in_thread());
  const auto found = queries_.find(id);
  if (found == queries_.end() || found->second->done == nullptr) return false;
  Query& query = *found->second;
  if (query.answered) {
    reactor_.cancel(query.delivery);
    queries_.erase(found);
    return true;
  }
  // c-ares can only forget all of its queries: this one goes on unheard, unless it is the last.
  query.done = nullptr;
  if (--wanted_ == 0) ares_cancel(channel_);
  set_timer();
  return true;
}

void Resolver::on_answer(void* query, int status, int /*timeouts*/, ares_addrinfo* found) {
  auto& answered = *static_cast<Query*>(query);
  answered.resolver->answer(answered, status, found);
  if (found != nullptr) ares_freeaddrinfo(found);
}

// c-ares is in the middle of something: whoever waits is told by a timer.
void Resolver::answer(Query& query, int status, const ares_addrinfo* found) {
  if (query.done == nullptr) {
    queries_.erase(query.id);
    return;
  }
  --wanted_;
  query.answered = true;
  const ares_addrinfo_node* node = found != nullptr ? found->nodes : nullptr;
  for (; node != nullptr; node = node->ai_next) {
    query.addresses.push_back(with_port(*node, query.port));
  }
  if (query.addresses.empty()) {
    const int reason = status != ARES_SUCCESS ? status : ARES_ENODATA;
    query.error =
        Status::error("cannot resolve '" + query.host + "': " + std::string(ares_strerror(reason)));
  }
  query.delivery = reactor_.schedule(0, [this, id = query.id] { deliver(id); });
}

void Resolver::deliver(QueryId id) {
  const auto node = queries_.extract(id);
  Query& query = *node.mapped();
  if (query.addresses.empty()) return query.done(query.error);
  query.done(std::move(query.addresses));
}

void Resolver::on_socket_state(void* resolver, ares_socket_t fd, int readable, int writable) {
  static_cast<Resolver*>(resolver)->watch(fd, {readable != 0, writable != 0});
}

void Resolver::watch(int fd, Interest interest) {
  Watched& watched = watched_[fd];
  if (!interest.readable && !interest.writable) {
    if (watched.source != nullptr) reactor_.remove_source(*watched.source);
    watched_.erase(fd);
    return;
  }
  watched.interest = interest;
  if (watched.source != nullptr) return reactor_.set_interest(*watched.source, interest);
  add_source(fd, watched);
}

void Resolver::add_source(int fd, Watched& watched) {
  const auto on_ready = [this, fd](Interest ready) {
    process(ready.readable ? fd : ARES_SOCKET_BAD, ready.writable ? fd : ARES_SOCKET_BAD);
  };
  const Result<Source*> source = reactor_.add_source(fd, watched.interest, on_ready);
  if (source.is_ok()) watched.source = source.value();
}

void Resolver::process(ares_socket_t readable, ares_socket_t writable) {
  ares_process_fd(channel_, readable, writable);
  set_timer();
}

// For c-ares' next timeout, which may have come nearer.
void Resolver::set_timer() {
  reactor_.cancel(timer_);
  timeval room{};
  const timeval* next = ares_timeout(channel_, nullptr, &room);
  if (next == nullptr) return;
  const std::int64_t delay_ms = std::int64_t{next->tv_sec} * 1000 + next->tv_usec / 1000 + 1;
  timer_ = reactor_.schedule(delay_ms, [this] { on_timer(); });
}

// c-ares tries again over the same socket, whose answer would go unheard if it was not watched.
void Resolver::on_timer() {
  for (auto& [fd, watched] : watched_) {
    if (watched.source == nullptr) add_source(fd, watched);
  }
  process(ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

}  // namespace weir
