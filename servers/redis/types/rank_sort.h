// A sort that puts only some ranks in order: for a LIMIT or a COUNT, which show no more of the
// result. Elements that compare equal come out in an order of their own; it is the one of J. L.
// Bentley and M. D. McIlroy, "Engineering a Sort Function", 1993, because Redis' replies show it.
// Values; any thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>

namespace weir::redis {

// Moves items so that those of the ranks first, first + 1, ... up to and without `end` are what a
// whole sort would have put there. compare(a, b) is below, equal to or above 0, as memcmp.
template <class Item, class Compare>
class RankSort {
 public:
  static void run(std::span<Item> items, std::size_t first, std::size_t end, Compare compare) {
    if (first >= end) return;
    RankSort(items.data(), first, end, std::move(compare)).sort(items, kMaxDepth);
  }

 private:
  // Deeper than random items ever lead: they were chosen to make the time quadratic.
  static constexpr int kMaxDepth = 128;
  static constexpr std::size_t kFew = 7;
  static constexpr std::size_t kMany = 40;

  struct Parts {
    std::size_t below;  // at the front, so many
    std::size_t above;  // at the back
  };

  RankSort(const Item* begin, std::size_t first, std::size_t end, Compare compare)
      : first_(begin + first), last_(begin + end - 1), compare_(std::move(compare)) {}

  // The smaller part by recursion, so that the stack stays flat.
  void sort(std::span<Item> items, int depth) {
    for (; items.size() > 1 && is_wanted(items); --depth) {
      if (items.size() < kFew) return insert_one_by_one(items);
      if (depth == 0) return sort_stably(items);
      std::swap(items[0], items[pivot(items)]);
      const Parts parts = part(items);
      const std::span<Item> below = items.first(parts.below);
      const std::span<Item> above = items.last(parts.above);
      sort(below.size() < above.size() ? below : above, depth - 1);
      items = below.size() < above.size() ? above : below;
    }
  }

  bool is_wanted(std::span<Item> items) const {
    return first_ <= &items.back() && last_ >= &items.front();
  }

  void insert_one_by_one(std::span<Item> items) {
    for (std::size_t i = 1; i < items.size(); ++i) {
      for (std::size_t j = i; j > 0 && compare_(items[j - 1], items[j]) > 0; --j) {
        std::swap(items[j], items[j - 1]);
      }
    }
  }

  void sort_stably(std::span<Item> items) {
    std::stable_sort(items.begin(), items.end(),
                     [this](const Item& a, const Item& b) { return compare_(a, b) < 0; });
  }

  std::size_t median(std::span<Item> items, std::size_t a, std::size_t b, std::size_t c) {
    if (compare_(items[a], items[b]) < 0) {
      return compare_(items[b], items[c]) < 0 ? b : compare_(items[a], items[c]) < 0 ? c : a;
    }
    return compare_(items[b], items[c]) > 0 ? b : compare_(items[a], items[c]) < 0 ? a : c;
  }

  // The median of three, or of three such medians.
  std::size_t pivot(std::span<Item> items) {
    const std::size_t n = items.size();
    if (n == kFew) return n / 2;
    std::size_t low = 0;
    std::size_t middle = n / 2;
    std::size_t high = n - 1;
    if (n > kMany) {
      const std::size_t d = n / 8;
      low = median(items, low, low + d, low + 2 * d);
      middle = median(items, middle - d, middle, middle + d);
      high = median(items, high - 2 * d, high - d, high);
    }
    return median(items, low, middle, high);
  }

  // Parts the items around the first: what equals it is collected at both ends, then brought to the
  // middle.
  Parts part(std::span<Item> items) {
    const std::size_t n = items.size();
    std::size_t low_equal = 1;
    std::size_t low = 1;
    std::size_t high = n;        // one past, as low may pass the front
    std::size_t high_equal = n;  // likewise
    while (true) {
      for (int order = 0; low < high && (order = compare_(items[low], items[0])) <= 0; ++low) {
        if (order == 0) std::swap(items[low_equal++], items[low]);
      }
      for (int order = 0; low < high && (order = compare_(items[high - 1], items[0])) >= 0;
           --high) {
        if (order == 0) std::swap(items[high - 1], items[--high_equal]);
      }
      if (low >= high) break;
      std::swap(items[low++], items[--high]);
    }
    const Parts parts{low - low_equal, high_equal - high};
    swap_ends(items.first(low), std::min(low_equal, parts.below));
    swap_ends(items.subspan(low), std::min(parts.above, n - high_equal));
    return parts;
  }

  static void swap_ends(std::span<Item> items, std::size_t count) {
    std::swap_ranges(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(count),
                     items.end() - static_cast<std::ptrdiff_t>(count));
  }

  const Item* first_;  // the wanted places
  const Item* last_;
  Compare compare_;
};

// See RankSort::run().
template <class Item, class Compare>
void sort_ranks(std::span<Item> items, std::size_t first, std::size_t end, Compare compare) {
  RankSort<Item, Compare>::run(items, first, end, std::move(compare));
}

}  // namespace weir::redis
