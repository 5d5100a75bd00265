#include "codec/http_date.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>

namespace weir::codec {

namespace {

constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

// Takes what the text begins with; `ok` falls for good where it does not.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  void expect(std::string_view text) {
    ok_ = ok_ && rest_.starts_with(text);
    if (ok_) rest_.remove_prefix(text.size());
  }
  int number(std::size_t digits) {
    int value = 0;
    ok_ = ok_ && rest_.size() >= digits;
    for (std::size_t i = 0; ok_ && i < digits; ++i) {
      ok_ = rest_[i] >= '0' && rest_[i] <= '9';
      value = 10 * value + (rest_[i] - '0');
    }
    if (ok_) rest_.remove_prefix(digits);
    return value;
  }
  unsigned month() {
    for (unsigned i = 0; i < kMonths.size(); ++i) {
      if (!rest_.starts_with(kMonths[i])) continue;
      rest_.remove_prefix(3);
      return i + 1;
    }
    ok_ = false;
    return 0;
  }
  bool skip_past(char c) {
    const std::size_t at = rest_.find(c);
    if (at == std::string_view::npos) return false;
    rest_.remove_prefix(at + 1);
    return true;
  }
  bool blank() const { return !rest_.empty() && rest_.front() == ' '; }
  bool ended() const { return ok_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

struct Parts {
  int year = 0;
  unsigned month = 0;
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
};

void read_time(Reader& reader, Parts& parts) {
  parts.hour = reader.number(2);
  reader.expect(":");
  parts.minute = reader.number(2);
  reader.expect(":");
  parts.second = reader.number(2);
}

std::optional<std::int64_t> seconds_of(const Parts& parts) {
  const std::chrono::year_month_day date(std::chrono::year(parts.year),
                                         std::chrono::month(parts.month),
                                         std::chrono::day(static_cast<unsigned>(parts.day)));
  if (!date.ok() || parts.hour > 23 || parts.minute > 59 || parts.second > 60) return {};
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return days * 86'400 + parts.hour * 3600 + parts.minute * 60 + parts.second;
}

// Sun, 06 Nov 1994 08:49:37 GMT
std::optional<std::int64_t> parse_fixed(std::string_view text) {
  Reader reader(text);
  Parts parts;
  if (!reader.skip_past(',')) return {};
  reader.expect(" ");
  parts.day = reader.number(2);
  reader.expect(" ");
  parts.month = reader.month();
  reader.expect(" ");
  parts.year = reader.number(4);
  reader.expect(" ");
  read_time(reader, parts);
  reader.expect(" GMT");
  return reader.ended() ? seconds_of(parts) : std::nullopt;
}

// Sunday, 06-Nov-94 08:49:37 GMT
std::optional<std::int64_t> parse_rfc850(std::string_view text) {
  Reader reader(text);
  Parts parts;
  if (!reader.skip_past(',')) return {};
  reader.expect(" ");
  parts.day = reader.number(2);
  reader.expect("-");
  parts.month = reader.month();
  reader.expect("-");
  parts.year = reader.number(2);
  parts.year += parts.year < 70 ? 2000 : 1900;
  reader.expect(" ");
  read_time(reader, parts);
  reader.expect(" GMT");
  return reader.ended() ? seconds_of(parts) : std::nullopt;
}

// Sun Nov  6 08:49:37 1994
std::optional<std::int64_t> parse_asctime(std::string_view text) {
  Reader reader(text);
  Parts parts;
  if (!reader.skip_past(' ')) return {};
  parts.month = reader.month();
  reader.expect(" ");
  if (reader.blank()) {
    reader.expect(" ");
    parts.day = reader.number(1);
  } else {
    parts.day = reader.number(2);
  }
  reader.expect(" ");
  read_time(reader, parts);
  reader.expect(" ");
  parts.year = reader.number(4);
  return reader.ended() ? seconds_of(parts) : std::nullopt;
}

}  // namespace

std::string format_http_date(std::int64_t seconds) {
  const auto time = std::chrono::sys_seconds(std::chrono::seconds(seconds));
  const auto midnight = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(midnight);
  const std::chrono::hh_mm_ss clock(time - midnight);
  const std::string_view day = kDays[std::chrono::weekday(midnight).c_encoding()];
  const std::string_view month = kMonths[static_cast<unsigned>(date.month()) - 1];
  char text[64];
  std::snprintf(text, sizeof(text), "%.3s, %02u %.3s %04d %02d:%02d:%02d GMT", day.data(),
                static_cast<unsigned>(date.day()), month.data(), static_cast<int>(date.year()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text;
}

std::optional<std::int64_t> parse_http_date(std::string_view text) {
  if (const auto fixed = parse_fixed(text)) return fixed;
  if (const auto rfc850 = parse_rfc850(text)) return rfc850;
  return parse_asctime(text);
}

}  // namespace weir::codec
