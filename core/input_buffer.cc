#include "core/input_buffer.h"

#include <utility>

#include "base/check.h"

namespace weir {

void InputBuffer::consume(std::size_t n) {
  WEIR_CHECK(n <= unread_.size());
  unread_.remove_prefix(n);
}

void InputBuffer::lend(std::string_view bytes) {
  if (unread_.empty()) {
    own_.clear();
    unread_ = bytes;
    return;
  }
  // What was kept comes first. It moves to the front only when it is the smaller part of the
  // storage, so that input fed in small pieces costs linear work.
  const auto start = static_cast<std::size_t>(unread_.data() - own_.data());
  if (start > own_.size() / 2) {
    own_.erase(own_.begin(), own_.begin() + static_cast<std::ptrdiff_t>(start));
    unread_ = {own_.data(), own_.size()};
  }
  const auto offset = static_cast<std::size_t>(unread_.data() - own_.data());
  own_.insert(own_.end(), bytes.begin(), bytes.end());
  unread_ = {own_.data() + offset, own_.size() - offset};
}

void InputBuffer::keep() {
  if (unread_.empty()) {
    std::vector<char>().swap(own_);  // which frees it: an assignment would keep the capacity
    unread_ = {};
  } else if (own_.empty()) {
    // If there is no memory for it, what was lent must not be looked at any more.
    const std::string_view lent = std::exchange(unread_, {});
    own_.assign(lent.begin(), lent.end());
    unread_ = {own_.data(), own_.size()};
  }
}

}  // namespace weir
