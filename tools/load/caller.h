// One connection of the load: asks, checks what comes back, takes the time. In a closed loop there
// are always `depth` requests outstanding; in an open one it asks when it is told to, and a request
// that has to wait for room counts from when it should have been sent (no coordinated omission:
// G. Tene, "How NOT to measure latency").
//
// Thread rule: the thread of its reactor. Lives as long as its connection; its Lane knows it so
// long.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>

#include "core/connection.h"
#include "core/session.h"
#include "tools/load/dialogue.h"

namespace weir::load {

class Lane;

class Caller final : public Session {
 public:
  // `lane` outlives it.
  Caller(Lane& lane, Connection& connection, std::unique_ptr<Dialogue> dialogue);
  ~Caller() override;

  // Fills the connection with requests, in a closed loop.
  void begin();
  // Sends one that was due then, now or when there is room for it.
  void ask_due(std::int64_t due_ns);
  // Gives up what is outstanding.
  void close();

  void handle(Connection& connection) override;
  void closed(Connection& connection, const Status& reason) override;

 private:
  friend class Lane;

  void ask(std::int64_t since_ns);
  bool fail(const Status& what);
  bool take_reply(Connection& connection, std::int64_t now_ns);
  void ask_next(std::int64_t now_ns);

  Lane& lane_;
  Connection& connection_;
  const std::unique_ptr<Dialogue> dialogue_;
  std::deque<std::int64_t> asked_ns_;  // since when each that is outstanding counts
  std::deque<std::int64_t> due_ns_;    // of those that wait for room
  std::size_t place_ = 0;              // among its lane's
  bool ends_here_ = false;             // it is this side that closes
};

}  // namespace weir::load
