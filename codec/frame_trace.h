// What a decoder makes of a byte stream that arrives in pieces, for tests and fuzzing: two traces
// of the same bytes must be equal, however they were cut. Checks the contract of codec/frame.h on
// the way and aborts where it is broken.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/frame.h"

namespace weir::codec {

// "=frame", "skipped: error" or "failed: error", in their order.
using FrameTrace = std::vector<std::string>;

inline void demand(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "frame decoder: %s\n", what);
  std::abort();
}

inline bool is_within(std::string_view part, std::string_view whole) {
  return part.empty() || (!std::less<>()(part.data(), whole.data()) &&
                          !std::less<>()(whole.data() + whole.size(), part.data() + part.size()));
}

// The most that may stay unread where nothing says else.
inline constexpr std::size_t kNoBound = static_cast<std::size_t>(-1);

// Takes what there is; true where the stream goes on. `unread` loses what was consumed, and of what
// is left, less than `bound` bytes, nothing more can be said.
template <class Codec>
bool trace_ready(Codec& codec, std::string_view& unread, std::size_t bound, FrameTrace& events) {
  for (;;) {
    const auto step = codec.next(unread);
    demand(step.consumed <= unread.size(), "consumed more than there was");
    const std::string_view before = unread;
    unread.remove_prefix(step.consumed);
    switch (step.outcome) {
      case Outcome::kNeedMore: {
        demand(unread.size() < bound, "left too much unread");
        const auto again = codec.next(unread);
        demand(again.outcome == Outcome::kNeedMore && again.consumed == 0,
               "found more of the same");
        return true;
      }
      case Outcome::kFrame:
        demand(step.consumed > 0, "a frame without progress");
        demand(is_within(step.frame, before), "a frame outside of the input");
        events.push_back("=" + std::string(step.frame));
        break;
      case Outcome::kSkipped:
        demand(step.consumed > 0, "an error without progress");
        events.push_back("skipped: " + codec.error().message());
        break;
      case Outcome::kFailed:
        demand(codec.next(unread).outcome == Outcome::kFailed, "a failure that was not final");
        events.push_back("failed: " + codec.error().message());
        return false;
    }
  }
}

// In pieces of next_piece() bytes, at least one. The unread input lies in memory of exactly its
// size, so that a sanitizer sees a read past it.
template <class Codec>
FrameTrace trace(Codec codec, std::string_view bytes,
                 const std::function<std::size_t()>& next_piece, std::size_t bound = kNoBound) {
  FrameTrace events;
  std::string kept;
  while (!bytes.empty()) {
    const std::size_t size = std::min(std::max<std::size_t>(next_piece(), 1), bytes.size());
    const std::size_t total = kept.size() + size;
    const auto memory = std::make_unique<char[]>(total);
    std::copy(kept.begin(), kept.end(), memory.get());
    std::copy_n(bytes.data(), size, memory.get() + kept.size());
    bytes.remove_prefix(size);
    std::string_view unread(memory.get(), total);
    if (!trace_ready(codec, unread, bound, events)) return events;
    kept = unread;
  }
  return events;
}

template <class Codec>
FrameTrace trace_whole(const Codec& codec, std::string_view bytes) {
  return trace(codec, bytes, [&] { return bytes.size(); });
}

template <class Codec>
FrameTrace trace_bytes(const Codec& codec, std::string_view bytes) {
  return trace(codec, bytes, [] { return std::size_t{1}; });
}

// A piece of `first` bytes, then the rest.
template <class Codec>
FrameTrace trace_cut(const Codec& codec, std::string_view bytes, std::size_t first) {
  bool cut = false;
  return trace(codec, bytes, [&] { return std::exchange(cut, true) ? bytes.size() : first; });
}

}  // namespace weir::codec
