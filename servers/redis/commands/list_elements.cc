// Commands that read, find or change elements inside a list, by index or by value.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "servers/redis/call.h"
#include "servers/redis/commands/arguments.h"
#include "servers/redis/commands/collected_elements.h"
#include "servers/redis/commands/element_reply.h"
#include "servers/redis/commands/groups.h"
#include "servers/redis/types/list.h"

namespace weir::redis::commands {
namespace {

void llen(Call& call) {
  List* list = nullptr;
  if (!call.read(1, list)) return;
  call.reply.integer(list == nullptr ? 0 : static_cast<std::int64_t>(list->size()));
}

// Indexes `start` to `stop`, both included and counted from the end when negative, as far as they
// lie within `size` elements.
struct IndexRange {
  std::size_t first = 0;
  std::size_t count = 0;

  IndexRange(std::int64_t start, std::int64_t stop, std::size_t size) {
    const auto length = static_cast<std::int64_t>(size);
    if (start < 0) start = std::max<std::int64_t>(start + length, 0);
    if (stop < 0) stop += length;
    if (start > stop || start >= length) return;
    first = static_cast<std::size_t>(start);
    count = static_cast<std::size_t>(std::min(stop, length - 1) - start) + 1;
  }
};

void lrange(Call& call) {
  std::int64_t start = 0;
  std::int64_t stop = 0;
  if (!call.integer(2, start) || !call.integer(3, stop)) return;
  List* list = nullptr;
  if (!call.read(1, list)) return;
  if (list == nullptr) return call.reply.array(0);
  const IndexRange range(start, stop, list->size());
  call.reply.array(range.count);
  list->visit(range.first, range.count, [&call](const List::Element& element) {
    reply_element(call, element);
    return true;
  });
}

// LINDEX and LSET look at the index only once the key is known to be there, as Redis does.

void lindex(Call& call) {
  List* list = nullptr;
  if (!call.read(1, list)) return;
  if (list == nullptr) return call.reply.null();
  std::int64_t index = 0;
  if (!call.integer(2, index)) return;
  const auto element = list->at(index);
  if (!element) return call.reply.null();
  reply_element(call, *element);
}

void lset(Call& call) {
  List* list = nullptr;
  if (!call.find(1, list)) return;
  if (list == nullptr) return call.error("ERR no such key");
  std::int64_t index = 0;
  if (!call.integer(2, index)) return;
  if (!list->set(index, call.argument(3), call.limits())) {
    return call.error("ERR index out of range");
  }
  call.changed(1, {kListEvent, "lset"});
  call.reply.ok();
}

void ltrim(Call& call) {
  std::int64_t start = 0;
  std::int64_t stop = 0;
  if (!call.integer(2, start) || !call.integer(3, stop)) return;
  List* list = nullptr;
  if (!call.find(1, list)) return;
  if (list != nullptr) {
    const IndexRange range(start, stop, list->size());
    list->trim(range.first, range.count);
    call.changed(1, {kListEvent, "ltrim"}, *list);
  }
  call.reply.ok();
}

void lrem(Call& call) {
  std::int64_t count = 0;
  if (!call.integer(2, count)) return;
  List* list = nullptr;
  if (!call.find(1, list)) return;
  if (list == nullptr) return call.reply.integer(0);
  const std::size_t removed = list->remove(count, call.argument(3), call.limits());
  if (removed > 0) call.changed(1, {kListEvent, "lrem"}, *list);
  call.reply.integer(static_cast<std::int64_t>(removed));
}

void linsert(Call& call) {
  const bool before = call.is_option(2, "before");
  if (!before && !call.is_option(2, "after")) return call.syntax_error();
  List* list = nullptr;
  if (!call.find(1, list)) return;
  if (list == nullptr) return call.reply.integer(0);
  const std::string_view pivot = call.argument(3);
  const std::string_view text = call.argument(4);
  const bool inserted = before ? list->insert_before(pivot, text, call.limits())
                               : list->insert_after(pivot, text, call.limits());
  if (!inserted) return call.reply.integer(-1);
  call.changed(1, {kListEvent, "linsert"});
  call.reply.integer(static_cast<std::int64_t>(list->size()));
}

// LPOS key element [RANK rank] [COUNT count] [MAXLEN length]
struct PositionOptions {
  std::int64_t rank = 1;              // which match is the first to reply; from the tail if < 0
  std::optional<std::int64_t> count;  // matches to reply; 0: all. Without it one, not in an array
  std::int64_t max_length = 0;        // elements to look at; 0: all

  bool parse(Call& call);
};

bool read_rank(Call& call, std::size_t i, std::int64_t& rank) {
  if (!call.integer(i, rank)) return false;
  // Has no opposite; Redis finds what -1 does.
  if (rank == std::numeric_limits<std::int64_t>::min()) rank = -1;
  if (rank != 0) return true;
  call.error(
      "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use "
      "negative to start from the end of the list");
  return false;
}

bool PositionOptions::parse(Call& call) {
  std::size_t i = 3;
  for (; i + 1 < call.size(); i += 2) {
    if (call.is_option(i, "rank")) {
      if (!read_rank(call, i + 1, rank)) return false;
    } else if (call.is_option(i, "count")) {
      if (!read_count(call, i + 1, count.emplace(), "ERR COUNT can't be negative")) return false;
    } else if (call.is_option(i, "maxlen")) {
      if (!read_count(call, i + 1, max_length, "ERR MAXLEN can't be negative")) return false;
    } else {
      break;
    }
  }
  if (i == call.size()) return true;
  call.syntax_error();
  return false;
}

// Calls found(index) for the matches that the options ask for, in the order of the search.
template <class Found>
void find_positions(const List& list, std::string_view wanted, const PositionOptions& options,
                    Found&& found) {
  const bool forward = options.rank > 0;
  auto to_skip = static_cast<std::size_t>(forward ? options.rank : -options.rank) - 1;
  auto left = static_cast<std::size_t>(options.count.value_or(1));
  if (left == 0) left = list.size();
  std::size_t index = forward ? 0 : list.size() - 1;
  const auto look = [&](const List::Element& element) {
    const std::size_t here = forward ? index++ : index--;
    if (!element.equals(wanted)) return true;
    if (to_skip > 0) {
      --to_skip;
      return true;
    }
    found(here);
    return --left > 0;
  };
  const std::size_t length =
      options.max_length == 0 ? list.size() : static_cast<std::size_t>(options.max_length);
  if (forward) {
    list.visit(0, length, look);
  } else {
    list.visit_backward(list.size() - 1, length, look);
  }
}

void lpos(Call& call) {
  PositionOptions options;
  if (!options.parse(call)) return;
  List* list = nullptr;
  if (!call.read(1, list)) return;
  CollectedElements positions(call.reply.protocol());
  if (list != nullptr) {
    find_positions(*list, call.argument(2), options, [&](std::size_t index) {
      positions.next().integer(static_cast<std::int64_t>(index));
    });
  }
  if (options.count) {
    call.reply.array(positions.count());
  } else if (positions.count() == 0) {
    call.reply.null();
  }
  call.reply.raw(positions.bytes());
}

constexpr KeyRange kFirst{1, 1, 1};

constexpr Command kRows[] = {
    {"llen", 2, kReadonly | kFast, kFirst, llen, "1.0.0", "Returns the number of elements."},
    {"lrange", 4, kReadonly, kFirst, lrange, "1.0.0",
     "Returns the elements in a range of indexes."},
    {"lindex", 3, kReadonly, kFirst, lindex, "1.0.0", "Returns the element at an index."},
    {"lset", 4, kWrite | kDenyOom, kFirst, lset, "1.0.0", "Replaces the element at an index."},
    {"ltrim", 4, kWrite, kFirst, ltrim, "1.0.0", "Keeps the elements in a range of indexes alone."},
    {"lrem", 4, kWrite, kFirst, lrem, "1.0.0", "Removes elements by value."},
    {"linsert", 5, kWrite | kDenyOom, kFirst, linsert, "2.2.0",
     "Inserts an element before or after another."},
    {"lpos", -3, kReadonly, kFirst, lpos, "6.0.6", "Returns the indexes of matching elements."},
};

}  // namespace

const CommandGroup kListElements{"list", kRows};

}  // namespace weir::redis::commands
