#include "codec/delimiter.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace weir::codec {
namespace {

// For a message: printable whatever the bytes.
std::string quote(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string quoted = "\"";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= ' ' && byte < 0x7f && c != '"' && c != '\\') {
      quoted += c;
    } else {
      quoted += {'\\', 'x', kDigits[byte / 16], kDigits[byte % 16]};
    }
  }
  return quoted + '"';
}

// Whether `other` is complete in `delimiter` before its end.
bool comes_first(const std::string& other, const std::string& delimiter) {
  const std::size_t begin = delimiter.find(other);
  return begin != std::string::npos && begin + other.size() < delimiter.size();
}

}  // namespace

Result<Delimiter> Delimiter::make(const Options& options) {
  Status status = check(options.delimiters);
  if (status.is_ok()) status = check_max_bytes("delimiter", options.max_bytes);
  if (!status.is_ok()) return status;
  auto set = std::make_shared<Set>();
  set->first = options.delimiters.front();
  set->by_size = options.delimiters;
  std::sort(set->by_size.begin(), set->by_size.end(),
            [](const auto& a, const auto& b) { return a.size() > b.size(); });
  for (const std::string& delimiter : set->by_size) set->last_bytes.add(delimiter.back());
  return Delimiter(std::move(set), options);
}

Status Delimiter::check(const std::vector<std::string>& delimiters) {
  if (delimiters.empty() || delimiters.size() > kMaxDelimiters) {
    return Status::error("delimiter: " + std::to_string(delimiters.size()) +
                         " of them: give from 1 to " + std::to_string(kMaxDelimiters));
  }
  for (const std::string& one : delimiters) {
    if (one.empty() || one.size() > kMaxDelimiterBytes) {
      return Status::error("delimiter: one of " + std::to_string(one.size()) +
                           " bytes: give from 1 to " + std::to_string(kMaxDelimiterBytes));
    }
  }
  for (auto one = delimiters.begin(); one != delimiters.end(); ++one) {
    if (std::find(delimiters.begin(), one, *one) != one) {
      return Status::error("delimiter: " + quote(*one) + " is there twice");
    }
    for (const std::string& other : delimiters) {
      if (!comes_first(other, *one)) continue;
      return Status::error("delimiter: " + quote(*one) + " would never be found, as " +
                           quote(other) + " is complete before it: leave one of them out");
    }
  }
  return Status::ok();
}

Step<Delimiter::Frame> Delimiter::next(std::string_view unread) {
  std::size_t delimiter_size = 0;
  Step<Frame> step = scan_.next(
      unread, set_->by_size.front().size(),
      [this](std::string_view bytes, std::size_t from) { return set_->find(bytes, from); },
      delimiter_size);
  if (step.outcome == Outcome::kFrame && !keeps_delimiter_) {
    step.frame.remove_suffix(delimiter_size);
  }
  return step;
}

EndScan::Mark Delimiter::Set::find(std::string_view bytes, std::size_t from) const {
  for (;;) {
    const std::size_t last = last_bytes.find(bytes, from);
    if (last == std::string_view::npos) return {};
    const std::size_t size = match(bytes.substr(0, last + 1));
    if (size > 0) return {last + 1, size};
    from = last + 1;
  }
}

// The size of the longest delimiter at the end of `bytes`; 0 where there is none.
std::size_t Delimiter::Set::match(std::string_view bytes) const {
  for (const std::string& delimiter : by_size) {
    if (bytes.ends_with(delimiter)) return delimiter.size();
  }
  return 0;
}

Status Delimiter::check(std::string_view payload) const {
  if (payload.size() > scan_.max_bytes()) {
    return Status::error("a frame of " + std::to_string(payload.size()) + " bytes, where " +
                         std::to_string(scan_.max_bytes()) + " are allowed");
  }
  // One may also begin in the payload and end in the delimiter behind it.
  const std::size_t overlap = std::min(payload.size(), set_->by_size.front().size() - 1);
  std::array<char, 2 * kMaxDelimiterBytes> room;
  char* const end =
      std::copy_n(payload.end() - static_cast<std::ptrdiff_t>(overlap), overlap, room.data());
  std::copy(set_->first.begin(), set_->first.end(), end);
  const std::string_view seam(room.data(), overlap + set_->first.size());
  const EndScan::Mark mark = set_->find(seam, 0);
  const bool as_meant = mark.end == seam.size() && mark.size == set_->first.size();
  if (as_meant && set_->find(payload, 0).size == 0) return Status::ok();
  return Status::error("a frame that holds a delimiter, or begins one that its own completes");
}

}  // namespace weir::codec
