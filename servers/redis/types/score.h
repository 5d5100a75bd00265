// Scores as text: what ZADD and the score ranges accept and what replies say, as Redis 7.0 does.
// Pure functions; any thread.
#pragma once

#include <optional>
#include <string_view>

namespace weir::redis {

// A decimal or hexadecimal (0x1p-3) number, or inf / infinity in any case, each with an optional
// sign, and nothing else around it. Refused: NaN, spaces, a decimal number too large for a double,
// and one other than zero that is too small for it.
std::optional<double> parse_score(std::string_view text);

// Room for the longest score: 17 digits, sign, point, exponent.
struct ScoreText {
  char bytes[32];

  // printf's %.17g; inf and -inf. The view lies in `bytes`. -0 is "-0".
  std::string_view format(double score);
  // As Redis keeps it in a listpack, dumps it and shows it to ZSCAN from there: whole numbers up to
  // 2^62 as integers, further than replies say them with all their digits; -0 is "0".
  std::string_view format_for_listpack(double score);
};

// One end of a score range.
struct ScoreBound {
  double score = 0;
  bool exclusive = false;
};

// parse_score's syntax after an optional '('. As in Redis a range is more tolerant than a score:
// leading spaces, no digits at all (0), and numbers beyond double's range (inf or 0) are accepted.
std::optional<ScoreBound> parse_score_bound(std::string_view text);

}  // namespace weir::redis
