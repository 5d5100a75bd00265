#include "servers/redis/types/score.h"

#include <cctype>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace weir::redis {
namespace {

struct Parsed {
  double value;
  bool out_of_range;
};

// All of `text` as strtod reads it, leading spaces and emptiness included; nothing for NaN.
std::optional<Parsed> parse_tolerantly(std::string_view text) {
  const std::string terminated(text);
  char* end = nullptr;
  errno = 0;
  const double value = std::strtod(terminated.c_str(), &end);
  if (end != terminated.c_str() + terminated.size() || std::isnan(value)) return std::nullopt;
  return Parsed{value, errno == ERANGE && (std::isinf(value) || value == 0)};
}

// The usual spelling, without a copy. Zero is left to the caller: it may be an underflow.
std::optional<double> parse_plainly(std::string_view text) {
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stopped != end || !std::isfinite(value) || value == 0) {
    return std::nullopt;
  }
  return value;
}

}  // namespace

std::optional<double> parse_score(std::string_view text) {
  if (text == "0") return 0.0;
  if (const auto plain = parse_plainly(text)) return plain;
  if (text.empty() || std::isspace(static_cast<unsigned char>(text[0])) != 0) return std::nullopt;
  const auto parsed = parse_tolerantly(text);
  if (!parsed || parsed->out_of_range) return std::nullopt;
  return parsed->value;
}

std::optional<ScoreBound> parse_score_bound(std::string_view text) {
  const bool exclusive = text.starts_with('(');
  if (exclusive) text.remove_prefix(1);
  if (const auto plain = parse_plainly(text)) return ScoreBound{*plain, exclusive};
  const auto parsed = parse_tolerantly(text);
  if (!parsed) return std::nullopt;
  return ScoreBound{parsed->value, exclusive};
}

std::string_view ScoreText::format(double score) {
  constexpr double kWholeDigits = 1e17;  // from here on %.17g writes an exponent
  std::to_chars_result end{bytes, std::errc()};
  if (std::fabs(score) < kWholeDigits && score == std::trunc(score) &&
      (score != 0 || !std::signbit(score))) {
    end = std::to_chars(bytes, bytes + sizeof bytes, static_cast<int64_t>(score));
  } else {
    end = std::to_chars(bytes, bytes + sizeof bytes, score, std::chars_format::general, 17);
  }
  return {bytes, static_cast<size_t>(end.ptr - bytes)};
}

std::string_view ScoreText::format_for_listpack(double score) {
  constexpr double kMaxInteger = 4611686018427387904.0;
  if (std::fabs(score) > kMaxInteger || score != std::trunc(score)) return format(score);
  const auto end = std::to_chars(bytes, bytes + sizeof bytes, static_cast<int64_t>(score));
  return {bytes, static_cast<size_t>(end.ptr - bytes)};
}

}  // namespace weir::redis
