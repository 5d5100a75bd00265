// A bound on the bytes that all connections of the process hold in buffers: unread input that had
// to be kept, and unsent output. What sessions hold themselves is not known here.
//
//   0 ------------------------- 3/4 ---------- limit ----->
//       every connection by      |    tight      |   over
//       its own watermarks       |               |
//
// tight, from 3/4 until half: a connection with more than kTightOutput to send stops reading and
// handling, as at its own high watermark.
// over: connections close, the largest of all reactors first, until the rest fits, and never one
// that holds no more than its fair share, the limit by the number of open connections. Where the
// limit is passed somebody holds more than that; so whoever stays below is safe, whatever the
// others do.
//
// Each reactor counts for itself and has an account here, which it tells when its count has moved
// by a step, and exactly under pressure and when connections have closed: traffic costs no shared
// write. Any thread; an account belongs to its reactor's.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

namespace weir {

class BufferBudget {
 public:
  class Account;

  static constexpr std::size_t kMaxStep = 256 * 1024;
  // What a connection may have to send while the budget is tight.
  static constexpr std::size_t kTightOutput = 64 * 1024;

  BufferBudget() = default;
  BufferBudget(const BufferBudget&) = delete;
  BufferBudget& operator=(const BufferBudget&) = delete;

  // 0: none, as at the start.
  void set_limit(std::uint64_t bytes);
  std::uint64_t limit() const;

  // What all accounts have told: exact to a step an account.
  std::uint64_t in_use() const { return in_use_.load(std::memory_order_relaxed); }

  // The budget of this process.
  static BufferBudget& process();

 private:
  static constexpr std::uint64_t kNone = ~std::uint64_t{0};

  std::uint64_t tight_from() const { return bound() - bound() / 4; }
  std::uint64_t tight_until() const { return bound() / 2; }
  std::uint64_t step() const { return std::min<std::uint64_t>(kMaxStep, bound() / 16); }
  // By so much may be passed what reactors agree about, in the time of a slow one's tick.
  std::uint64_t far_over() const { return bound() + bound() / 8; }
  std::uint64_t fair_share() const;  // under mutex_
  std::uint64_t bound() const { return limit_.load(std::memory_order_relaxed); }
  void change(std::int64_t bytes);
  void wake_all(bool is_over);

  std::atomic<std::uint64_t> limit_{kNone};
  std::atomic<std::uint64_t> in_use_{0};
  std::mutex mutex_;  // of accounts_ and what they know of their largest
  std::vector<Account*> accounts_;
};

// One reactor's part of a budget.
class BufferBudget::Account {
 public:
  explicit Account(BufferBudget& budget) : budget_(budget) {}
  // Nothing is in use any more.
  ~Account();
  Account(const Account&) = delete;
  Account& operator=(const Account&) = delete;

  // From now on its connections count, and `wake`, from any thread, makes the reactor look at its
  // account soon. `wake` must neither throw nor call the budget. `connections`: how many the
  // reactor has open. REQUIRES: not joined.
  void join(const std::atomic<std::uint32_t>& connections, std::function<void()> wake);

  // Whether the account must be looked at where the reactor's connections hold so much now: else
  // nothing has changed that concerns it. Forgets that it was woken.
  bool needs(std::size_t bytes) {
    const bool woken =
        woken_.load(std::memory_order_relaxed) && woken_.exchange(false, std::memory_order_acquire);
    return woken || bytes != held_;
  }
  // The reactor's connections hold so much now.
  void set(std::size_t bytes) {
    held_ = bytes;
    look();
    const std::size_t moved = held_ > told_ ? held_ - told_ : told_ - held_;
    if (moved >= budget_.step() || (tight_ && moved > 0)) tell();
  }
  // The same, told whatever the step.
  void set_exactly(std::size_t bytes) {
    held_ = bytes;
    tell();
  }

  // Wakes its own reactor.
  void look_again() { wake(); }
  std::size_t held() const { return held_; }
  // Of the whole budget, as of the last set().
  bool is_tight() const { return tight_; }
  // Of the whole budget, now.
  bool is_over() const { return budget_.in_use() > budget_.bound(); }
  // REQUIRES: over. `largest`: what the largest of the reactor's connections holds. Returns what
  // those hold at least that it is to close now: more than the fair share, and no less than the
  // largest of any other reactor. One that has a larger one, or has not said yet, is woken. Far
  // beyond the limit nobody is waited for.
  std::uint64_t floor(std::uint64_t largest);
  std::uint64_t limit() const { return budget_.limit(); }

 private:
  friend class BufferBudget;

  void wake() {
    woken_.store(true, std::memory_order_release);
    wake_();
  }
  void look() {
    const std::uint64_t total = budget_.in_use();
    tight_ = total >= (tight_ ? budget_.tight_until() : budget_.tight_from());
  }
  void tell();

  BufferBudget& budget_;
  const std::atomic<std::uint32_t>* connections_ = nullptr;
  std::function<void()> wake_;
  std::atomic<bool> woken_{false};
  std::size_t held_ = 0;
  std::size_t told_ = 0;
  bool tight_ = false;
  std::uint64_t largest_ = 0;  // as of the last look; kNone: not looked since more came to be held
};

}  // namespace weir
