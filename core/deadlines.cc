#include "core/deadlines.h"

#include <algorithm>
#include <array>

namespace weir {

void Deadlines::sent(std::int64_t now_ms, bool progress, bool waiting) {
  if (progress) sent_ms_ = now_ms;
  if (!waiting) {
    waiting_since_ms_.reset();
  } else if (progress || !waiting_since_ms_) {
    waiting_since_ms_ = now_ms;
  }
}

void Deadlines::reading(bool on, std::int64_t now_ms) {
  if (on && !reading_) reading_since_ms_ = now_ms;
  reading_ = on;
}

template <class Visit>
void Deadlines::for_each(Visit&& visit) const {
  const std::int64_t active_ms = std::max(received_ms_, sent_ms_);
  const std::array<Due, 4> all = {{
      {"handshake", limits_.handshake_ms, opened_ms_},
      {"idle", limits_.idle_ms, active_ms},
      {"read", reading_ ? limits_.read_ms : 0, std::max(received_ms_, reading_since_ms_)},
      {"write", waiting_since_ms_ ? limits_.write_ms : 0, waiting_since_ms_.value_or(0)},
  }};
  for (const Due& due : all) {
    if (due.counts()) visit(due);
  }
}

std::optional<Deadlines::Missed> Deadlines::missed(std::int64_t now_ms) const {
  std::optional<Missed> missed;
  for_each([&](const Due& due) {
    if (!missed && due.at_ms() <= now_ms) missed = Missed{due.what, due.limit_ms};
  });
  return missed;
}

std::optional<std::int64_t> Deadlines::next_ms() const {
  std::optional<std::int64_t> next;
  for_each([&](const Due& due) { next = std::min(next.value_or(due.at_ms()), due.at_ms()); });
  return next;
}

}  // namespace weir
