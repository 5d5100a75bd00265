#include "core/resolver.h"

#include <netinet/in.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <new>
#include <utility>

#include "base/check.h"

namespace weir {
namespace {

// As a system call of its kind: -1 and errno.
template <class T>
T or_minus_one(T result) {
  if (result >= 0) return result;
  errno = static_cast<int>(-result);
  return -1;
}

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

// None lets an exception out: c-ares could not be left by one.
struct Resolver::Callbacks {
  static Resolver& self(void* resolver) { return *static_cast<Resolver*>(resolver); }
  static Sockets& sockets(void* resolver) { return self(resolver).reactor_.sockets(); }

  // What will be needed to watch it is reserved here, where c-ares takes a failure.
  static ares_socket_t make_socket(int domain, int type, int /*protocol*/,
                                   void* resolver) noexcept {
    const int fd = or_minus_one(sockets(resolver).socket(domain, type));
    if (fd < 0) return fd;
    try {
      self(resolver).watched_.try_emplace(fd);
      return fd;
    } catch (const std::bad_alloc&) {
      sockets(resolver).close(fd);
      return or_minus_one(-ENOMEM);
    }
  }

  static int close_socket(ares_socket_t fd, void* resolver) noexcept {
    self(resolver).watched_.erase(fd);
    return sockets(resolver).close(fd);
  }

  static int connect_socket(ares_socket_t fd, const sockaddr* address, ares_socklen_t length,
                            void* resolver) noexcept {
    return or_minus_one(sockets(resolver).connect(fd, address, length));
  }

  // A connected socket hears its peer only; c-ares wants to see for itself.
  static ares_ssize_t receive(ares_socket_t fd, void* bytes, std::size_t size, int /*flags*/,
                              sockaddr* from, ares_socklen_t* length, void* resolver) noexcept {
    const ssize_t received = sockets(resolver).receive(fd, bytes, size);
    if (received >= 0 && from != nullptr && sockets(resolver).peer_address(fd, from, length) < 0) {
      *length = 0;
    }
    return or_minus_one(received);
  }

  static ares_ssize_t send(ares_socket_t fd, const iovec* pieces, int count,
                           void* resolver) noexcept {
    return or_minus_one(sockets(resolver).send(fd, pieces, static_cast<std::size_t>(count)));
  }

  static void watch(void* resolver, ares_socket_t fd, int readable, int writable) noexcept {
    self(resolver).watch(fd, {readable != 0, writable != 0});
  }

  static void answer(void* lookup, int status, int /*timeouts*/, ares_addrinfo* answer) noexcept {
    auto& answered = *static_cast<Lookup*>(lookup);
    answered.resolver.take_answer(answered, status, answer);
  }

  static constexpr ares_socket_functions kSockets = {make_socket, close_socket, connect_socket,
                                                     receive, send};
};

Resolver::Resolver(Reactor& reactor, Options options)
    : reactor_(reactor), options_(std::move(options)) {}

Resolver::~Resolver() {
  if (destroyed_ != nullptr) *destroyed_ = true;
  reactor_.cancel(delivery_);
  reactor_.cancel(timer_);
  if (channel_ != nullptr) ares_destroy(channel_);  // answers what it has, and closes its sockets
}

Status Resolver::open() {
  static std::once_flag once;  // c-ares counts its calls without a lock
  std::call_once(once, [] { WEIR_CHECK(ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS); });
  ares_options options{};
  options.timeout = options_.timeout_ms;
  options.tries = options_.tries;
  options.sock_state_cb = Callbacks::watch;
  options.sock_state_cb_data = this;
  const int mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB;
  int result = ares_init_options(&channel_, &options, mask);
  if (result != ARES_SUCCESS) {
    channel_ = nullptr;
    return Status::error(std::string("cannot start the resolver: ") + ares_strerror(result));
  }
  ares_set_socket_functions(channel_, &Callbacks::kSockets, this);
  if (options_.name_servers.empty()) return Status::ok();
  result = ares_set_servers_ports_csv(channel_, options_.name_servers.c_str());
  if (result == ARES_SUCCESS) return Status::ok();
  ares_destroy(std::exchange(channel_, nullptr));
  return Status::error("name servers '" + options_.name_servers +
                       "': expected addresses as in 10.0.0.1,[::1]:53");
}

// Each step leaves a whole behind when the memory for the next is refused: the look-up alone is one
// that nobody waits for.
Result<Resolver::QueryId> Resolver::resolve(const std::string& host, std::uint16_t port,
                                            Done done) {
  WEIR_DCHECK(reactor_.in_thread());
  WEIR_CHECK(done != nullptr);
  const std::string what = "cannot resolve '" + host + "': ";
  if (queries_.size() >= options_.max_queries) {
    return Status::error(what + std::to_string(queries_.size()) +
                         " names are being resolved already");
  }
  if (channel_ == nullptr) {
    const Status status = open();
    if (!status.is_ok()) return status;
  }
  const auto shared = shared_.find(host);
  if (shared == shared_.end() && asked_.size() / 2 >= options_.max_queries) {
    return Status::error(what + "the name servers owe answers for " +
                         std::to_string(asked_.size()) + " names");
  }
  Lookup& lookup = shared != shared_.end() ? *shared->second : begin(host);
  if (lookup.answered) {
    reactor_.cancel(delivery_);
    delivery_ = reactor_.schedule(0, [this] { tell_answered(); });
  }
  const QueryId id = ++last_id_;
  lookup.waiting.insert(id);
  queries_.try_emplace(id, Query{lookup, port, std::move(done)});
  return id;
}

// c-ares may answer from inside, as where the name is in /etc/hosts.
Resolver::Lookup& Resolver::begin(const std::string& host) {
  std::list<Lookup> one;
  Lookup& lookup = one.emplace_back(Lookup{*this, host});
  lookup.place = one.begin();
  shared_.emplace(lookup.host, &lookup);
  asked_.splice(asked_.end(), one);
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  ares_getaddrinfo(channel_, host.c_str(), nullptr, &hints, Callbacks::answer, &lookup);
  set_timer();
  return lookup;
}

bool Resolver::cancel(QueryId id) {
  WEIR_DCHECK(reactor_.in_thread());
  const auto query = queries_.extract(id);
  if (query.empty()) return false;
  Lookup& lookup = query.mapped().lookup;
  lookup.waiting.erase(id);
  // Who asks again does so because it took too long: he shall not wait for the old answer.
  if (!lookup.answered && lookup.waiting.empty()) shared_.erase(lookup.host);
  forget_unwanted();
  return true;
}

void Resolver::forget_unwanted() {
  if (!queries_.empty() || asked_.empty()) return;
  ares_cancel(channel_);
  answered_.clear();
  set_timer();
}

// c-ares is in the middle of something: whoever waits is told when it has returned.
void Resolver::take_answer(Lookup& lookup, int status, ares_addrinfo* answer) noexcept {
  const auto shared = shared_.find(lookup.host);
  if (shared != shared_.end() && shared->second == &lookup) shared_.erase(shared);
  lookup.answered = true;
  lookup.status = status;
  lookup.answer.reset(answer);
  answered_.splice(answered_.end(), asked_, lookup.place);
}

// Who is told may cancel others, ask anew, and destroy this. What is answered meanwhile has its
// turn in another tick.
void Resolver::tell_answered() noexcept {
  std::list<Lookup> answered;
  answered.splice(answered.end(), answered_);
  bool destroyed = false;
  destroyed_ = &destroyed;
  for (Lookup& lookup : answered) {
    while (!lookup.waiting.empty()) {
      const auto id = lookup.waiting.extract(lookup.waiting.begin()).value();
      const auto query = queries_.extract(id);
      if (query.empty()) continue;
      query.mapped().done(outcome(lookup, query.mapped().port));
      if (destroyed) return;
    }
  }
  destroyed_ = nullptr;
  forget_unwanted();
}

Result<std::vector<Address>> Resolver::outcome(const Lookup& lookup, std::uint16_t port) noexcept {
  try {
    std::vector<Address> addresses;
    const ares_addrinfo_node* node = lookup.answer != nullptr ? lookup.answer->nodes : nullptr;
    for (; node != nullptr; node = node->ai_next) addresses.push_back(with_port(*node, port));
    if (!addresses.empty()) return addresses;
    const int status = lookup.status != ARES_SUCCESS ? lookup.status : ARES_ENODATA;
    return Status::error("cannot resolve '" + lookup.host + "': " + ares_strerror(status));
  } catch (const std::bad_alloc&) {
    return Status::error("out of memory");  // short enough for a string to need none
  }
}

void Resolver::watch(int fd, Interest interest) {
  Watched& watched = watched_.at(fd);
  watched.interest = interest;
  if (!interest.readable && !interest.writable) {
    if (watched.source != nullptr) reactor_.remove_source(*watched.source);
    watched.source = nullptr;
  } else if (watched.source != nullptr) {
    reactor_.set_interest(*watched.source, interest);
  } else {
    add_source(fd, watched);
  }
}

// Where it fails the next timeout tries again.
void Resolver::add_source(int fd, Watched& watched) {
  const auto on_ready = [this, fd](Interest ready) {
    process(ready.readable ? fd : ARES_SOCKET_BAD, ready.writable ? fd : ARES_SOCKET_BAD);
  };
  try {
    const Result<Source*> source = reactor_.add_source(fd, watched.interest, on_ready);
    if (source.is_ok()) watched.source = source.value();
  } catch (const std::bad_alloc&) {
  }
}

void Resolver::process(ares_socket_t readable, ares_socket_t writable) {
  ares_process_fd(channel_, readable, writable);
  set_timer();
  tell_answered();
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
    const bool wanted = watched.interest.readable || watched.interest.writable;
    if (wanted && watched.source == nullptr) add_source(fd, watched);
  }
  process(ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

}  // namespace weir
