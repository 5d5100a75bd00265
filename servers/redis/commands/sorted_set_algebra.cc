// Intersection, union and difference of sorted sets and sets, whose members score 1. An absent key
// is an empty set. All sources are checked before anything is computed, and the result is complete
// before the destination, which may be one of the sources, is replaced.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "servers/redis/call.h"
#include "servers/redis/commands/arguments.h"
#include "servers/redis/commands/groups.h"
#include "servers/redis/commands/score_reply.h"
#include "servers/redis/types/score.h"
#include "servers/redis/types/set.h"
#include "servers/redis/types/sorted_set.h"

namespace weir::redis::commands {
namespace {

enum class Algebra : std::uint8_t { kUnion, kIntersection, kDifference };
enum class Aggregate : std::uint8_t { kSum, kLeast, kMost };

// Neither of them: the key is absent.
struct Source {
  const SortedSet* scored = nullptr;
  const Set* plain = nullptr;
  double weight = 1;

  std::size_t size() const {
    return scored != nullptr ? scored->size() : plain != nullptr ? plain->size() : 0;
  }
  std::optional<double> score(std::string_view member) const {
    if (scored != nullptr) return scored->score(member);
    if (plain != nullptr && plain->contains(member)) return 1.0;
    return {};
  }
  template <class Visit>
  void for_each(Visit&& visit) const {
    if (scored != nullptr) return scored->for_each(visit);
    if (plain != nullptr) plain->for_each([&](std::string_view member) { visit(member, 1.0); });
  }
  // Infinity by nothing is nothing here, as in Redis.
  double weighted(double score) const {
    const double product = weight * score;
    return std::isnan(product) ? 0 : product;
  }
};

struct Operation {
  Algebra algebra;
  std::size_t first_key;  // the argument; their number stands in front of it
  bool stores = false;
  bool counts = false;  // only the cardinality is asked for

  std::vector<Source> sources = {};
  Aggregate aggregate = Aggregate::kSum;
  bool with_scores = false;
  std::int64_t limit = 0;  // of the cardinality, 0 is none
};

bool read_source(Call& call, std::size_t i, Source& source) {
  const Entry* const entry = call.read_entry(i);
  if (entry == nullptr) return true;
  if (entry->type() == Type::kSortedSet) {
    source.scored = entry->object<SortedSet>();
  } else if (entry->type() == Type::kSet) {
    source.plain = entry->object<Set>();
  } else {
    return call.wrong_type(), false;
  }
  return true;
}

// Moves i behind them.
bool read_sources(Call& call, Operation& operation, std::size_t& i) {
  std::int64_t count = 0;
  if (!call.integer(operation.first_key - 1, count)) return false;
  if (count < 1) {
    call.error("ERR at least 1 input key is needed for '" + std::string(call.command().name) +
               "' command");
    return false;
  }
  i = operation.first_key;
  if (static_cast<std::uint64_t>(count) > call.size() - i) return call.syntax_error(), false;
  operation.sources.resize(static_cast<std::size_t>(count));
  for (Source& source : operation.sources) {
    if (!read_source(call, i++, source)) return false;
  }
  return true;
}

bool read_weights(Call& call, Operation& operation, std::size_t& i) {
  for (Source& source : operation.sources) {
    const auto weight = parse_score(call.argument(i++));
    if (!weight) return call.error("ERR weight value is not a float"), false;
    source.weight = *weight;
  }
  return true;
}

bool read_aggregate(Call& call, Operation& operation, std::size_t i) {
  if (call.is_option(i, "sum")) {
    operation.aggregate = Aggregate::kSum;
  } else if (call.is_option(i, "min")) {
    operation.aggregate = Aggregate::kLeast;
  } else if (call.is_option(i, "max")) {
    operation.aggregate = Aggregate::kMost;
  } else {
    return call.syntax_error(), false;
  }
  return true;
}

// The option at argument i, which it goes behind.
bool read_option(Call& call, Operation& operation, std::size_t& i) {
  const std::size_t left = call.size() - i;
  const bool combines = operation.algebra != Algebra::kDifference && !operation.counts;
  if (combines && left > operation.sources.size() && call.is_option(i, "weights")) {
    return read_weights(call, operation, ++i);
  }
  if (combines && left > 1 && call.is_option(i, "aggregate")) {
    i += 2;
    return read_aggregate(call, operation, i - 1);
  }
  if (!operation.stores && !operation.counts && call.is_option(i, "withscores")) {
    ++i;
    return operation.with_scores = true;
  }
  if (operation.counts && left > 1 && call.is_option(i, "limit")) {
    i += 2;
    return read_count(call, i - 1, operation.limit, "ERR LIMIT can't be negative");
  }
  return call.syntax_error(), false;
}

bool read_operation(Call& call, Operation& operation) {
  std::size_t i = 0;
  if (!read_sources(call, operation, i)) return false;
  while (i < call.size()) {
    if (!read_option(call, operation, i)) return false;
  }
  return true;
}

double combine(double a, double b, Aggregate aggregate) {
  if (aggregate == Aggregate::kLeast) return std::min(a, b);
  if (aggregate == Aggregate::kMost) return std::max(a, b);
  const double sum = a + b;
  return std::isnan(sum) ? 0 : sum;  // of the two infinities
}

// The smallest first: it is walked, and sums are made in this order.
void sort_by_size(std::vector<Source>& sources) {
  std::stable_sort(sources.begin(), sources.end(),
                   [](const Source& a, const Source& b) { return a.size() < b.size(); });
}

// emit(member, score) for what all sources share; false of it ends that.
template <class Emit>
void intersect(const Operation& operation, Emit&& emit) {
  const std::vector<Source>& sources = operation.sources;
  bool goes_on = true;
  sources[0].for_each([&](std::string_view member, double first) {
    double score = sources[0].weighted(first);
    for (std::size_t i = 1; goes_on && i < sources.size(); ++i) {
      const auto other = sources[i].score(member);
      if (!other) return;
      // Unlike elsewhere in Redis, no number at all (an infinity times 0) makes the sum so far 0.
      score = combine(score, sources[i].weight * *other, operation.aggregate);
    }
    if (goes_on) goes_on = emit(member, score);
  });
}

void unite(const Operation& operation, const EncodingLimits& limits, SortedSet& result) {
  for (const Source& source : operation.sources) {
    source.for_each([&](std::string_view member, double own) {
      const double score = source.weighted(own);
      const auto other = result.score(member);
      result.set(member, other ? combine(*other, score, operation.aggregate) : score, limits);
    });
  }
}

void subtract(const Operation& operation, const EncodingLimits& limits, SortedSet& result) {
  const std::vector<Source>& sources = operation.sources;
  sources[0].for_each([&](std::string_view member, double score) {
    const bool elsewhere =
        std::any_of(sources.begin() + 1, sources.end(),
                    [&](const Source& other) { return other.score(member).has_value(); });
    if (!elsewhere) result.set(member, score, limits);
  });
}

SortedSet compute(Call& call, Operation& operation) {
  SortedSet result;
  if (operation.algebra != Algebra::kDifference) sort_by_size(operation.sources);
  switch (operation.algebra) {
    case Algebra::kUnion:
      unite(operation, call.limits(), result);
      break;
    case Algebra::kIntersection:
      intersect(operation, [&](std::string_view member, double score) {
        result.set(member, score, call.limits());
        return true;
      });
      break;
    case Algebra::kDifference:
      subtract(operation, call.limits(), result);
      break;
  }
  return result;
}

template <Algebra kAlgebra>
void reply_result(Call& call) {
  Operation operation{.algebra = kAlgebra, .first_key = 2};
  if (!read_operation(call, operation)) return;
  const SortedSet result = compute(call, operation);
  reply_members(call, result, {0, result.size()}, Direction::kForward, operation.with_scores);
}

constexpr KeyEvent store_event(Algebra algebra) {
  switch (algebra) {
    case Algebra::kUnion:
      return {kSortedSetEvent, "zunionstore"};
    case Algebra::kIntersection:
      return {kSortedSetEvent, "zinterstore"};
    case Algebra::kDifference:
      break;
  }
  return {kSortedSetEvent, "zdiffstore"};
}

template <Algebra kAlgebra>
void store_result(Call& call) {
  Operation operation{.algebra = kAlgebra, .first_key = 3, .stores = true};
  if (!read_operation(call, operation)) return;
  const std::size_t size = call.replace(1, store_event(kAlgebra), compute(call, operation));
  call.reply.integer(static_cast<std::int64_t>(size));
}

void zintercard(Call& call) {
  Operation operation{.algebra = Algebra::kIntersection, .first_key = 2, .counts = true};
  if (!read_operation(call, operation)) return;
  sort_by_size(operation.sources);
  std::int64_t count = 0;
  intersect(operation, [&](std::string_view, double) { return ++count != operation.limit; });
  call.reply.integer(count);
}

constexpr std::uint32_t kStore = kWrite | kDenyOom;
constexpr KeyRange kCounted{.first = 2, .count_at = 1};
constexpr KeyRange kTargetAndCounted{.first = 3, .count_at = 2, .target = 1};

constexpr Command kRows[] = {
    {"zdiff", -3, kReadonly, kCounted, reply_result<Algebra::kDifference>, "6.2.0",
     "Returns the members of the first sorted set that no other has."},
    {"zdiffstore", -4, kStore, kTargetAndCounted, store_result<Algebra::kDifference>, "6.2.0",
     "Stores the members of the first sorted set that no other has."},
    {"zinter", -3, kReadonly, kCounted, reply_result<Algebra::kIntersection>, "6.2.0",
     "Returns the members that all sorted sets share."},
    {"zintercard", -3, kReadonly, kCounted, zintercard, "7.0.0",
     "Counts the members that all sorted sets share."},
    {"zinterstore", -4, kStore, kTargetAndCounted, store_result<Algebra::kIntersection>, "2.0.0",
     "Stores the members that all sorted sets share."},
    {"zunion", -3, kReadonly, kCounted, reply_result<Algebra::kUnion>, "6.2.0",
     "Returns the members of all sorted sets."},
    {"zunionstore", -4, kStore, kTargetAndCounted, store_result<Algebra::kUnion>, "2.0.0",
     "Stores the members of all sorted sets."},
};

}  // namespace

const CommandGroup kSortedSetAlgebra{"sorted-set", kRows};

}  // namespace weir::redis::commands
