#include "core/buffer_pressure.h"

#include <algorithm>
#include <array>

#include "core/connection.h"
#include "core/log.h"

namespace weir {

bool BufferPressure::is_tight() {
  account_.set(held());
  was_tight_ = was_tight_ || account_.is_tight();
  return account_.is_tight();
}

void BufferPressure::close_largest_if_over() {
  if (!account_.needs(held())) return;
  account_.set(held());
  if (account_.is_over()) close_largest();
}

void BufferPressure::close_largest() {
  struct Holder {
    std::size_t bytes;
    Connection* connection;
  };
  const auto larger = [](const Holder& a, const Holder& b) { return a.bytes > b.bytes; };
  std::array<Holder, kClosedAtOnce + 1> heap;  // the smallest on top
  auto end = heap.begin();
  for (std::uint32_t slot = 0; slot < connections_.size(); ++slot) {
    Connection* connection = connections_.at(slot);
    if (connection == nullptr || connection->is_closed()) continue;
    *end++ = {connection->buffered(), connection};
    std::push_heap(heap.begin(), end, larger);
    if (end == heap.end()) std::pop_heap(heap.begin(), end--, larger);
  }
  std::sort_heap(heap.begin(), end, larger);
  const std::uint64_t floor = account_.floor(end == heap.begin() ? 0 : heap.front().bytes);
  auto holder = heap.begin();
  for (; holder != end && holder->bytes >= floor && account_.is_over(); ++holder) {
    holder->connection->close_for_budget(holder->bytes, account_.limit());
    // Told before it is freed, so that no other reactor closes for the same bytes.
    account_.set_exactly(account_.held() - holder->bytes);
  }
  if (holder == heap.begin()) return;
  account_.look_again();  // perhaps at smaller ones
  // One line a look, not one a connection.
  WEIR_LOG(kWarning,
           "over the buffer budget of %llu bytes: closing %td connections, of which the "
           "largest held %zu bytes",
           static_cast<unsigned long long>(account_.limit()), holder - heap.begin(),
           heap.front().bytes);
}

void BufferPressure::resume_if_eased() {
  if (!was_tight_ || is_tight()) return;
  was_tight_ = false;
  for (std::uint32_t slot = 0; slot < connections_.size(); ++slot) {
    Connection* connection = connections_.at(slot);
    if (connection != nullptr && !connection->is_closed()) connection->budget_eased();
  }
}

}  // namespace weir
