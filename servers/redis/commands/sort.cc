// SORT and SORT_RO: the elements of a list, a set or a sorted set, in their own order or in that of
// other values that patterns lead to. All is read before the target, which may be the source, is
// replaced.
#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "servers/redis/call.h"
#include "servers/redis/commands/groups.h"
#include "servers/redis/commands/sort_pattern.h"
#include "servers/redis/types/list.h"
#include "servers/redis/types/rank_sort.h"
#include "servers/redis/types/set.h"
#include "servers/redis/types/sorted_set.h"

namespace weir::redis::commands {
namespace {

struct Options {
  bool may_store;
  bool sorts = true;
  bool descending = false;
  bool by_text = false;                // ALPHA
  std::int64_t offset = 0;             // LIMIT
  std::int64_t count = -1;             // negative: all
  std::optional<SortPattern> by = {};  // else by the elements themselves
  std::vector<SortPattern> gets = {};
  std::size_t target = 0;  // the argument that names the key to store into; 0: none
};

struct Element {
  std::string text;
  double number = 0;                  // to sort by
  std::optional<std::string> weight;  // the same, for BY with ALPHA
};

// Positions in the result.
struct Stretch {
  std::size_t first;
  std::size_t end;

  std::size_t size() const { return end - first; }
};

// The option at argument i, which it goes behind.
bool read_option(Call& call, Options& options, std::size_t& i) {
  const std::size_t left = call.size() - i;
  const std::size_t at = i++;
  if (call.is_option(at, "asc")) return options.descending = false, true;
  if (call.is_option(at, "desc")) return options.descending = true;
  if (call.is_option(at, "alpha")) return options.by_text = true;
  if (left > 2 && call.is_option(at, "limit")) {
    i += 2;
    return call.integer(at + 1, options.offset) && call.integer(at + 2, options.count);
  }
  if (left < 2) return call.syntax_error(), false;
  const SortPattern pattern(call.argument(i));
  if (options.may_store && call.is_option(at, "store")) {
    options.target = i;
  } else if (call.is_option(at, "by")) {
    options.by = pattern;
    options.sorts = options.sorts && pattern.names_keys();
  } else if (call.is_option(at, "get")) {
    options.gets.push_back(pattern);
  } else {
    return call.syntax_error(), false;
  }
  return ++i, true;
}

// False, with the error replied, when it is of no type that can be sorted.
bool find_source(Call& call, const Entry*& source) {
  source = call.read_entry(1);
  if (source == nullptr) return true;
  const Type type = source->type();
  if (type == Type::kList || type == Type::kSet || type == Type::kSortedSet) return true;
  return call.wrong_type(), false;
}

std::size_t size_of(const Entry* source) {
  if (source == nullptr) return 0;
  if (source->type() == Type::kList) return source->object<List>()->size();
  if (source->type() == Type::kSet) return source->object<Set>()->size();
  return source->object<SortedSet>()->size();
}

Stretch limited(const Options& options, std::size_t size) {
  const auto bound = static_cast<std::int64_t>(size);
  const std::int64_t first = std::clamp<std::int64_t>(options.offset, 0, bound);
  const std::int64_t end =
      options.count < 0 ? bound : std::min(bound, first + std::min(options.count, bound));
  return {static_cast<std::size_t>(first), static_cast<std::size_t>(end)};
}

// Visits that part of the source in its own order, lists and sorted sets from either end.
template <class Visit>
void visit(const Entry& source, Stretch part, Direction direction, Visit&& visit_text) {
  if (source.type() == Type::kSet) {
    std::size_t position = 0;
    source.object<Set>()->for_each([&](std::string_view text) {
      if (position >= part.first && position < part.end) visit_text(text);
      ++position;
    });
    return;
  }
  if (source.type() == Type::kSortedSet) {
    const auto* set = source.object<SortedSet>();
    const RankRange ranks = RankRange{0, set->size()}.limited(direction, part.first, part.size());
    set->visit(ranks, direction, [&](std::string_view text, double) { visit_text(text); });
    return;
  }
  const auto* list = source.object<List>();
  IntegerText scratch;
  const auto each = [&](const List::Element& element) {
    visit_text(element.view(scratch));
    return true;
  };
  if (direction == Direction::kForward) {
    list->visit(part.first, part.size(), each);
  } else {
    list->visit_backward(list->size() - 1 - part.first, part.size(), each);
  }
}

std::vector<Element> load(const Entry* source, Stretch part, Direction direction) {
  std::vector<Element> elements;
  if (source == nullptr || part.size() == 0) return elements;
  elements.reserve(part.size());
  visit(*source, part, direction, [&](std::string_view text) {
    elements.push_back({std::string(text), 0, {}});
  });
  return elements;
}

// As strtod reads it, up to the first NUL: spaces before it, hexadecimal, no digits at all.
bool read_number(const std::string& text, double& number) {
  char* end = nullptr;
  errno = 0;
  number = std::strtod(text.c_str(), &end);
  return *end == '\0' && errno != ERANGE && !std::isnan(number);
}

// Finds what each element is sorted by; an element without it counts as 0, or sorts before all
// texts. False when some are no numbers but should be.
bool weigh(Call& call, const Options& options, std::vector<Element>& elements) {
  if (options.by_text && !options.by) return true;
  bool all_numbers = true;
  for (Element& element : elements) {
    if (!options.by) {
      all_numbers &= read_number(element.text, element.number);
      continue;
    }
    IntegerText scratch;
    const auto value = options.by->look_up(call, element.text, scratch);
    if (!value) continue;
    if (options.by_text) {
      element.weight.emplace(*value);
    } else {
      all_numbers &= read_number(std::string(*value), element.number);
    }
  }
  return all_numbers;
}

// What is stored does not depend on the locale.
int compare_texts(const Options& options, const std::string& a, const std::string& b) {
  return options.target != 0 ? a.compare(b) : std::strcoll(a.c_str(), b.c_str());
}

int compare(const Options& options, const Element& a, const Element& b) {
  if (!options.by_text) {
    if (a.number != b.number) return a.number < b.number ? -1 : 1;
    return a.text.compare(b.text);
  }
  if (!options.by) return compare_texts(options, a.text, b.text);
  if (a.weight && b.weight) return compare_texts(options, *a.weight, *b.weight);
  return static_cast<int>(a.weight.has_value()) - static_cast<int>(b.weight.has_value());
}

// What compares equal shows the way it was sorted: as Redis does it.
void sort(const Options& options, Stretch wanted, std::vector<Element>& elements) {
  const auto ordered = [&options](const Element& a, const Element& b) {
    return options.descending ? compare(options, b, a) : compare(options, a, b);
  };
  if (options.by && wanted.size() < elements.size()) {
    return sort_ranks(std::span(elements), wanted.first, wanted.end, ordered);
  }
  std::stable_sort(elements.begin(), elements.end(),
                   [&](const Element& a, const Element& b) { return ordered(a, b) < 0; });
}

// Calls emit(std::optional<std::string_view>) for each value of the result.
template <class Emit>
void for_each_value(Call& call, const Options& options, std::span<const Element> elements,
                    Emit&& emit) {
  for (const Element& element : elements) {
    if (options.gets.empty()) emit(std::optional<std::string_view>(element.text));
    for (const SortPattern& pattern : options.gets) {
      IntegerText scratch;
      emit(pattern.look_up(call, element.text, scratch));
    }
  }
}

void reply_values(Call& call, const Options& options, std::span<const Element> elements) {
  call.reply.array(elements.size() * std::max<std::size_t>(options.gets.size(), 1));
  for_each_value(call, options, elements, [&](const std::optional<std::string_view>& value) {
    value ? call.reply.bulk(*value) : call.reply.null();
  });
}

void store_values(Call& call, const Options& options, std::span<const Element> elements) {
  List result;
  for_each_value(call, options, elements, [&](const std::optional<std::string_view>& value) {
    result.push_back(value.value_or(std::string_view()), call.limits());
  });
  const KeyEvent event{kListEvent, "sortstore"};
  call.reply.integer(
      static_cast<std::int64_t>(call.replace(options.target, event, std::move(result))));
}

template <bool kMayStore>
void sort_command(Call& call) {
  Options options{.may_store = kMayStore};
  for (std::size_t i = 2; i < call.size();) {
    if (!read_option(call, options, i)) return;
  }
  const Entry* source = nullptr;
  if (!find_source(call, source)) return;
  const bool is_set = source != nullptr && source->type() == Type::kSet;
  const bool in_script = call.client.caller != nullptr;
  if (is_set && !options.sorts && (options.target != 0 || in_script)) {
    // A set has no order of its own that would be worth to be stored, or for a script to go by.
    options.sorts = options.by_text = true;
    options.by.reset();
  }
  // In Redis it is, and OBJECT ENCODING tells.
  if (source != nullptr && source->type() == Type::kSortedSet) {
    source->object<SortedSet>()->leave_listpack();
  }
  Stretch wanted = limited(options, size_of(source));
  std::vector<Element> elements;
  if (options.sorts) {
    elements = load(source, {0, size_of(source)}, Direction::kForward);
    if (!weigh(call, options, elements)) {
      return call.error("ERR One or more scores can't be converted into double");
    }
    sort(options, wanted, elements);
  } else {
    elements =
        load(source, wanted, options.descending ? Direction::kBackward : Direction::kForward);
    wanted = {0, elements.size()};
  }
  const auto shown = std::span<const Element>(elements).subspan(wanted.first, wanted.size());
  options.target != 0 ? store_values(call, options, shown) : reply_values(call, options, shown);
}

template <bool kMayStore>
KeyRange locate(std::span<const std::string_view> arguments) {
  KeyRange keys{1, 1, 1};
  for (std::size_t i = 2; i + 1 < arguments.size(); ++i) {
    if (equal_names(arguments[i], "limit")) {
      i += 2;
    } else if (kMayStore && equal_names(arguments[i], "store")) {
      keys.target = static_cast<int>(++i);
    } else if (equal_names(arguments[i], "by") || equal_names(arguments[i], "get")) {
      keys.whole_database |= SortPattern(arguments[++i]).names_keys();
    }
  }
  return keys;
}

constexpr KeyRange kSorted{.first = 1, .last = 1, .step = 1, .locate = locate<true>};
constexpr KeyRange kReadOnly{.first = 1, .last = 1, .step = 1, .locate = locate<false>};

constexpr Command kRows[] = {
    {"sort", -2, kWrite | kDenyOom, kSorted, sort_command<true>, "1.0.0",
     "Returns or stores the elements of a list, a set or a sorted set in order."},
    {"sort_ro", -2, kReadonly, kReadOnly, sort_command<false>, "7.0.0",
     "Returns the elements of a list, a set or a sorted set in order."},
};

}  // namespace

const CommandGroup kSort{"generic", kRows};

}  // namespace weir::redis::commands
