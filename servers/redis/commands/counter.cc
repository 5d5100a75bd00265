// Strings as numbers, and LCS, the one algorithm among the string commands.
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "servers/redis/call.h"
#include "servers/redis/commands/groups.h"
#include "servers/redis/types/float_text.h"
#include "servers/redis/types/integer_text.h"

namespace weir::redis::commands {
namespace {

// Sets key 1, where `old` is, to a number's text. Its expiry stays.
void store_number(Call& call, const Entry* old, std::string_view text, std::string_view event) {
  const std::int64_t expiry = old != nullptr ? old->expiry() : Entry::kNever;
  call.shard(1).set_text(call.key(1), text, expiry, call.now_ms);
  call.changed(1, {kStringEvent, event});
}

void increment_by(Call& call, std::int64_t by) {
  Entry* old = nullptr;
  if (!call.find_string(1, old)) return;
  const std::optional<std::int64_t> value = old != nullptr ? parse_integer(old->text()) : 0;
  if (!value) return call.not_an_integer();
  std::int64_t sum = 0;
  if (__builtin_add_overflow(*value, by, &sum)) {
    return call.error("ERR increment or decrement would overflow");
  }
  IntegerText text;
  store_number(call, old, text.format(sum), "incrby");
  call.reply.integer(sum);
}

void incr(Call& call) { increment_by(call, 1); }
void decr(Call& call) { increment_by(call, -1); }

void incrby(Call& call) {
  std::int64_t by = 0;
  if (call.integer(2, by)) increment_by(call, by);
}

void decrby(Call& call) {
  std::int64_t by = 0;
  if (!call.integer(2, by)) return;
  if (by == INT64_MIN) return call.error("ERR decrement would overflow");
  increment_by(call, -by);
}

void incrbyfloat(Call& call) {
  Entry* old = nullptr;
  if (!call.find_string(1, old)) return;
  const std::optional<long double> value = old != nullptr ? parse_float(old->text()) : 0.0L;
  const std::optional<long double> by = parse_float(call.argument(2));
  if (!value || !by) return call.error("ERR value is not a valid float");
  const long double sum = *value + *by;
  if (__builtin_isnan(sum) || __builtin_isinf(sum)) {
    return call.error("ERR increment would produce NaN or Infinity");
  }
  FloatText scratch;
  const std::string_view text = format_float(sum, scratch);
  store_number(call, old, text, "incrbyfloat");
  call.reply.bulk(text);
}

// LCS: the longest common subsequence of two strings, by the classic table of lengths of all pairs
// of prefixes.
class CommonSubsequence {
 public:
  // A stretch of both strings, [a_begin, a_end] and [b_begin, b_end], both ends included.
  struct Match {
    std::size_t a_begin, a_end, b_begin, b_end;
    std::size_t length() const { return a_end - a_begin + 1; }
  };

  // Whether the table, 4 bytes for each pair of positions, takes at most so much.
  static bool fits(std::string_view a, std::string_view b, std::size_t max_bytes) {
    return (a.size() + 1) <= max_bytes / sizeof(std::uint32_t) / (b.size() + 1);
  }

  CommonSubsequence(std::string_view a, std::string_view b)
      : a_(a), b_(b), lengths_((a.size() + 1) * (b.size() + 1)) {
    for (std::size_t i = 1; i <= a.size(); ++i) {
      for (std::size_t j = 1; j <= b.size(); ++j) {
        at(i, j) =
            a[i - 1] == b[j - 1] ? at(i - 1, j - 1) + 1 : std::max(at(i - 1, j), at(i, j - 1));
      }
    }
    trace();
  }

  std::size_t length() { return at(a_.size(), b_.size()); }
  const std::string& text() const { return text_; }
  // From the ends of the strings to their beginnings, as Redis lists them.
  const std::vector<Match>& matches() const { return matches_; }

 private:
  std::uint32_t& at(std::size_t i, std::size_t j) { return lengths_[i * (b_.size() + 1) + j]; }

  void trace() {
    std::size_t i = a_.size();
    std::size_t j = b_.size();
    while (i > 0 && j > 0) {
      if (a_[i - 1] == b_[j - 1]) {
        --i;
        --j;
        text_.push_back(a_[i]);
        add_pair(i, j);
      } else if (at(i - 1, j) > at(i, j - 1)) {
        --i;
      } else {
        --j;
      }
    }
    std::reverse(text_.begin(), text_.end());
  }

  void add_pair(std::size_t i, std::size_t j) {
    if (!matches_.empty() && matches_.back().a_begin == i + 1 && matches_.back().b_begin == j + 1) {
      matches_.back().a_begin = i;
      matches_.back().b_begin = j;
    } else {
      matches_.push_back({i, i, j, j});
    }
  }

  std::string_view a_;
  std::string_view b_;
  std::vector<std::uint32_t> lengths_;
  std::string text_;
  std::vector<Match> matches_;
};

struct LcsOptions {
  bool length_only = false;
  bool indexes = false;
  bool with_match_length = false;
  std::int64_t min_match = 0;
};

bool parse_lcs_options(Call& call, LcsOptions& options) {
  for (std::size_t i = 3; i < call.size(); ++i) {
    if (call.is_option(i, "len")) {
      options.length_only = true;
    } else if (call.is_option(i, "idx")) {
      options.indexes = true;
    } else if (call.is_option(i, "withmatchlen")) {
      options.with_match_length = true;
    } else if (call.is_option(i, "minmatchlen") && i + 1 < call.size()) {
      if (!call.integer(++i, options.min_match)) return false;
    } else {
      call.syntax_error();
      return false;
    }
  }
  if (options.length_only && options.indexes) {
    call.error("ERR If you want both the length and indexes, please just use IDX.");
    return false;
  }
  return true;
}

void reply_range(Call& call, std::size_t begin, std::size_t end) {
  call.reply.array(2);
  call.reply.integer(static_cast<std::int64_t>(begin));
  call.reply.integer(static_cast<std::int64_t>(end));
}

void reply_matches(Call& call, CommonSubsequence& common, const LcsOptions& options) {
  std::vector<CommonSubsequence::Match> matches;
  for (const auto& match : common.matches()) {
    if (static_cast<std::int64_t>(match.length()) >= options.min_match) matches.push_back(match);
  }
  call.reply.map(2);
  call.reply.bulk("matches");
  call.reply.array(matches.size());
  for (const auto& match : matches) {
    call.reply.array(options.with_match_length ? 3 : 2);
    reply_range(call, match.a_begin, match.a_end);
    reply_range(call, match.b_begin, match.b_end);
    if (options.with_match_length) call.reply.integer(static_cast<std::int64_t>(match.length()));
  }
  call.reply.bulk("len");
  call.reply.integer(static_cast<std::int64_t>(common.length()));
}

void lcs(Call& call) {
  const Entry* first = call.read_entry(1);
  const Entry* second = call.read_entry(2);
  for (const Entry* entry : {first, second}) {
    if (entry != nullptr && entry->type() != Type::kString) {
      return call.error("ERR The specified keys must contain string values");
    }
  }
  LcsOptions options;
  if (!parse_lcs_options(call, options)) return;
  const std::string_view a = first == nullptr ? std::string_view() : first->text();
  const std::string_view b = second == nullptr ? std::string_view() : second->text();
  const std::int64_t max_bytes =
      call.server.config().max_bulk_bytes.load(std::memory_order_relaxed);
  if (!CommonSubsequence::fits(a, b, static_cast<std::size_t>(max_bytes))) {
    return call.error(
        "ERR Insufficient memory, transient memory for LCS exceeds "
        "proto-max-bulk-len");
  }
  CommonSubsequence common(a, b);
  if (options.indexes) return reply_matches(call, common, options);
  if (options.length_only) {
    return call.reply.integer(static_cast<std::int64_t>(common.length()));
  }
  call.reply.bulk(common.text());
}

constexpr KeyRange kFirst{1, 1, 1};
constexpr KeyRange kTwo{1, 2, 1};

constexpr Command kRows[] = {
    {"decr", 2, kWrite | kDenyOom | kFast, kFirst, decr, "1.0.0",
     "Subtracts one from the number at a key."},
    {"decrby", 3, kWrite | kDenyOom | kFast, kFirst, decrby, "1.0.0",
     "Subtracts from the number at a key."},
    {"incr", 2, kWrite | kDenyOom | kFast, kFirst, incr, "1.0.0",
     "Adds one to the number at a key."},
    {"incrby", 3, kWrite | kDenyOom | kFast, kFirst, incrby, "1.0.0",
     "Adds to the number at a key."},
    {"incrbyfloat", 3, kWrite | kDenyOom | kFast, kFirst, incrbyfloat, "2.6.0",
     "Adds to the floating-point number at a key."},
    {"lcs", -3, kReadonly, kTwo, lcs, "7.0.0",
     "Returns the longest common subsequence of two strings."},
};

}  // namespace

const CommandGroup kCounter{"string", kRows};

}  // namespace weir::redis::commands
