#include "coroutine/coroutines.h"

#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <utility>

#include "base/check.h"
#include "core/log.h"
#include "coroutine/stream_session.h"

namespace weir {

namespace {

void log_exception(const char* where, const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (...) {
    const Status status = Status::from_exception(std::string("exception in ") + where);
    WEIR_LOG(kWarning, "%s", status.message().c_str());
  }
}

// The coroutine of one connection.
class Serving final : public Nursery::Root, private StreamServer {
 public:
  Serving(Task<> task, StreamSession& session) : Root(std::move(task), true), session_(&session) {
    session.serve_by(this);
  }

 private:
  void stream_has_closed() override {
    session_ = nullptr;
    cancel();
  }
  void stream_was_given_up() override { session_ = nullptr; }
  // As an exception of a session would.
  void done(std::exception_ptr error) override {
    if (session_ != nullptr) session_->serve_by(nullptr);
    if (error == nullptr) return;
    if (session_ == nullptr) {
      return log_exception("a coroutine without a connection", error);
    }
    session_->connection().run([&error](Connection*) { std::rethrow_exception(error); });
  }

  StreamSession* session_;
};

}  // namespace

// The queues of one service, a reactor each.
class Coroutines::Queues {
 public:
  Queues(Coroutines& coroutines, ServeAll serve_all) : serve_all_(std::move(serve_all)) {
    for (const auto& reactor : coroutines.engine_.reactors()) places_.emplace_back(*reactor);
  }

  void add(Nursery& nursery, StreamSession& session) {
    Place& place = places_[nursery.reactor().index()];
    std::unique_ptr<Accepting> accepting;
    if (place.acceptors == 0 || place.queue.end_told()) {
      accepting = std::make_unique<Accepting>(serve_all_(place.queue), *this, nursery);
    }
    place.queue.add(Stream(session));
    if (accepting != nullptr) begin(place, nursery, std::move(accepting));
  }

 private:
  struct Place {
    explicit Place(Reactor& reactor) : queue(reactor) {}
    AcceptQueue queue;
    std::size_t acceptors = 0;  // several where one was told the end, and then more came
  };
  // Not cancelled when a stop begins: it learns of it by accept(), and its connections drain.
  class Accepting final : public Nursery::Root {
   public:
    Accepting(Task<> task, Queues& queues, Nursery& nursery)
        : Root(std::move(task), true), queues_(queues), nursery_(nursery) {}
    std::uint64_t taken = 0;  // by those before

   private:
    void done(std::exception_ptr error) override {
      if (error != nullptr) log_exception("a coroutine that accepts", error);
      queues_.ended(nursery_, taken);
    }

    Queues& queues_;
    Nursery& nursery_;
  };

  static void begin(Place& place, Nursery& nursery, std::unique_ptr<Accepting> accepting) {
    ++place.acceptors;
    accepting->taken = place.queue.taken();
    nursery.start(std::move(accepting));
  }
  // What came meanwhile is another's to serve; one that takes nothing is not begun for ever.
  void ended(Nursery& nursery, std::uint64_t taken_before) {
    Place& place = places_[nursery.reactor().index()];
    if (--place.acceptors > 0 || place.queue.empty()) return;
    if (place.queue.taken() == taken_before) return place.queue.clear();
    nursery.reactor().post([this, &nursery] { serve_rest(nursery); });
  }
  void serve_rest(Nursery& nursery) {
    Place& place = places_[nursery.reactor().index()];
    if (place.acceptors > 0 || place.queue.empty()) return;
    try {
      begin(place, nursery, std::make_unique<Accepting>(serve_all_(place.queue), *this, nursery));
    } catch (...) {
      log_exception("a coroutine that accepts", std::current_exception());
      place.queue.clear();
    }
  }

  const ServeAll serve_all_;
  std::deque<Place> places_;
};

Coroutines::Coroutines(Engine& engine) : engine_(engine) {
  for (const auto& reactor : engine.reactors()) nurseries_.emplace_back(engine, *reactor);
}

Coroutines::~Coroutines() = default;

Service Coroutines::service(Serve serve) {
  return [this, serve = std::move(serve)](Connection& connection) {
    auto session = std::make_unique<StreamSession>(connection);
    nursery(connection.reactor())
        .start(std::make_unique<Serving>(serve(Stream(*session)), *session));
    return session;
  };
}

Service Coroutines::service(ServeAll serve_all) {
  Queues& queues = queues_.emplace_back(*this, std::move(serve_all));
  return [this, &queues](Connection& connection) {
    auto session = std::make_unique<StreamSession>(connection);
    queues.add(nursery(connection.reactor()), *session);
    return session;
  };
}

void Coroutines::start(std::uint32_t reactor, std::function<Task<>()> make, Nursery::Done done) {
  WEIR_CHECK(reactor < nurseries_.size());
  Nursery& nursery = nurseries_[reactor];
  nursery.reactor().post([&nursery, make = std::move(make), done = std::move(done)]() mutable {
    nursery.start(std::move(make), done);
  });
}

}  // namespace weir
