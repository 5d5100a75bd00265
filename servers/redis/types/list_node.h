// One link of a List's chain: a listpack and how many elements it holds, so that walking by index
// over a long list touches the links alone. And how much a link may hold.
// Not synchronised.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "servers/redis/types/encoding_limits.h"
#include "servers/redis/types/listpack.h"

namespace weir::redis {

struct ListNode {
  ListNode* previous = nullptr;
  ListNode* next = nullptr;
  Listpack entries;
  uint32_t count = 0;
};

// What list-max-listpack-size allows a node: -1 to -5 mean 4, 8, 16, 32, 64 KiB; a positive
// number means that many elements, within 8 KiB. A single element of any size is always allowed.
struct ListNodeLimit {
  explicit ListNodeLimit(const EncodingLimits& limits) {
    const int setting = limits.list_max_listpack_size;
    if (setting < 0) {
      max_bytes = size_t{4096} << (-std::max(setting, -5) - 1);
    } else {
      max_count = static_cast<size_t>(std::max(setting, 1));
    }
  }

  bool allows(size_t bytes, size_t count) const {
    return count <= 1 || (bytes <= max_bytes && count <= max_count);
  }
  // Counts the text as text, though it may turn out a shorter integer: cheaper than to look, and
  // leaves at most 20 bytes of a node unused.
  bool allows_insert(const ListNode& node, std::string_view text) const {
    const size_t overhead = text.size() < 64     ? 2
                            : text.size() < 4096 ? 4
                                                 : listpack::kMaxEntryOverhead;
    return allows(node.entries.bytes() + text.size() + overhead, size_t{node.count} + 1);
  }
  bool allows_merge(const ListNode& a, const ListNode& b) const {
    return allows(a.entries.bytes() + b.entries.bytes(), size_t{a.count} + b.count);
  }

  size_t max_bytes = 8192;
  size_t max_count = SIZE_MAX;
};

}  // namespace weir::redis
