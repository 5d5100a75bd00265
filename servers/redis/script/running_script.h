// The script that runs, of which there is one at a time in the whole server: whether it may still
// be stopped. A script that has written has to go on to its end, since nothing takes its writes
// back.
//
// Thread rule: any thread. Stopping and writing race for one word: what was stopped never writes.
#pragma once

#include <atomic>
#include <cstdint>

namespace weir::redis {

class RunningScript {
 public:
  enum class State : std::uint8_t { kNone, kReads, kHasWritten, kStopped };

  // By who runs it.
  void begin() { state_.store(State::kReads); }
  void end() { state_.store(State::kNone); }
  // False: it was stopped, and must not write.
  bool begin_write() {
    State expected = State::kReads;
    return state_.compare_exchange_strong(expected, State::kHasWritten) ||
           expected == State::kHasWritten;
  }
  State state() const { return state_.load(); }
  bool has_written() const { return state() == State::kHasWritten; }
  bool is_stopped() const { return state_.load(std::memory_order_relaxed) == State::kStopped; }

  // What it was found to be: it is stopped where that is kReads or kStopped.
  State stop() {
    State found = State::kReads;
    state_.compare_exchange_strong(found, State::kStopped);
    return found;
  }

 private:
  std::atomic<State> state_{State::kNone};
};

}  // namespace weir::redis
