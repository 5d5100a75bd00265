// One reactor under the process' buffer budget (core/buffer_budget.h): tells it what the reactor's
// connections hold, closes the largest when all connections together hold too much, and lets those
// go on that had to wait for room.
//
// Owner's thread only. Allocates nothing where memory is short.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>

#include "core/buffer_budget.h"
#include "core/chunk_pool.h"
#include "core/connection_table.h"

namespace weir {

class BufferPressure {
 public:
  // `chunks`: those of all output. All outlive it.
  BufferPressure(BufferBudget& budget, const ChunkPool& chunks, const ConnectionTable& connections)
      : account_(budget), chunks_(chunks), connections_(connections) {}

  // As BufferBudget::Account::join().
  void join(const std::atomic<std::uint32_t>& load, std::function<void()> wake) {
    account_.join(load, std::move(wake));
  }

  // The storage of unread input has grown by so much, or shrunk.
  void count_input(std::ptrdiff_t bytes) { input_ += static_cast<std::size_t>(bytes); }
  // Connections have gone: others may wait for what they held.
  void count_freed() { account_.set_exactly(held()); }

  bool is_tight();
  // Before the tick reaps.
  void close_largest_if_over();
  // When it has.
  void resume_if_eased();

 private:
  // Connections that one look closes.
  static constexpr std::size_t kClosedAtOnce = 64;

  std::size_t held() const { return chunks_.in_use() + input_; }
  void close_largest();

  BufferBudget::Account account_;
  const ChunkPool& chunks_;
  const ConnectionTable& connections_;
  std::size_t input_ = 0;   // storage of all connections' unread input
  bool was_tight_ = false;  // and somebody may wait
};

}  // namespace weir
