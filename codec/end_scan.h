// The search for the end of a frame that a mark ends: what Line and Delimiter share.
//
// Remembers which bytes hold no mark, so that none is looked at twice, and where a frame was too
// long, that the stream is being skipped up to the next mark. Of what it skips it leaves no more
// unread than may be the beginning of a mark.
//
// A value, see codec/frame.h.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "codec/frame.h"

namespace weir::codec {

class EndScan {
 public:
  struct Mark {
    std::size_t end = 0;   // behind its last byte
    std::size_t size = 0;  // in bytes; 0: there is none
  };

  // REQUIRES: max_bytes <= kMaxFrameBytes.
  EndScan(std::uint32_t max_bytes, OnBadFrame on_bad_frame)
      : max_bytes_(max_bytes), on_bad_frame_(on_bad_frame) {}

  // find(bytes, from) returns the first mark in `bytes` whose last byte is at `from` or behind it;
  // no mark has more than `longest` bytes. A frame comes with its mark, whose size goes to
  // `mark_size`.
  template <class Find>
  Step<std::string_view> next(std::string_view unread, std::size_t longest, const Find& find,
                              std::size_t& mark_size);

  std::uint32_t max_bytes() const { return max_bytes_; }
  FrameError error() const {
    return refused_ ? FrameError{FrameError::Fault::kTooLong, 0, max_bytes_} : FrameError{};
  }

 private:
  Step<std::string_view> refuse(std::size_t consumed);
  std::size_t skip(std::size_t size, std::size_t longest);

  std::uint32_t max_bytes_;
  std::uint32_t scanned_ = 0;  // bytes at the front of the input at which no mark ends
  OnBadFrame on_bad_frame_;
  bool refused_ = false;   // a frame, at some time
  bool skipping_ = false;  // the input is the rest of a refused one
};

template <class Find>
Step<std::string_view> EndScan::next(std::string_view unread, std::size_t longest, const Find& find,
                                     std::size_t& mark_size) {
  if (refused_ && on_bad_frame_ == OnBadFrame::kFail) return {Outcome::kFailed, 0, {}};
  std::size_t begin = 0;
  if (skipping_) {
    const Mark last = find(unread, scanned_);
    if (last.size == 0) return {Outcome::kNeedMore, skip(unread.size(), longest), {}};
    begin = last.end;
    skipping_ = false;
    scanned_ = 0;
  }
  // A mark that ends behind these ends a frame that is too long.
  const std::size_t most = max_bytes_ + longest;
  const std::string_view window = unread.substr(begin, most);
  const Mark mark = find(window, scanned_);
  if (mark.size > 0) {
    scanned_ = 0;
    if (mark.end - mark.size > max_bytes_) return refuse(begin + mark.end);
    mark_size = mark.size;
    return {Outcome::kFrame, begin + mark.end, window.substr(0, mark.end)};
  }
  if (window.size() == most) {
    if (on_bad_frame_ == OnBadFrame::kFail) return refuse(begin);
    skipping_ = true;
    return refuse(begin + skip(window.size(), longest));
  }
  scanned_ = static_cast<std::uint32_t>(window.size());
  return {Outcome::kNeedMore, begin, {}};
}

inline Step<std::string_view> EndScan::refuse(std::size_t consumed) {
  refused_ = true;
  if (on_bad_frame_ == OnBadFrame::kFail) return {Outcome::kFailed, 0, {}};
  return {Outcome::kSkipped, consumed, {}};
}

// All but what may begin a mark, of `size` bytes without one.
inline std::size_t EndScan::skip(std::size_t size, std::size_t longest) {
  const std::size_t kept = std::min(size, longest - 1);
  scanned_ = static_cast<std::uint32_t>(kept);
  return size - kept;
}

}  // namespace weir::codec
