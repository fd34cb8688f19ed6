#include "query/times.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <utility>

#include "base/fold_case.hpp"
#include "base/text.hpp"
#include "query/values.hpp"

namespace resonance::query {
namespace {

constexpr double kDay = 86400;

/// Reads fixed parts of a text from left to right.
struct Reader {
  std::string_view rest;

  bool take(char c) noexcept {
    if (!rest.starts_with(c)) return false;
    rest.remove_prefix(1);
    return true;
  }
  std::optional<int> digits(std::size_t count) noexcept {
    if (rest.size() < count) return std::nullopt;
    int value = 0;
    for (const char c : rest.substr(0, count)) {
      if (c < '0' || c > '9') return std::nullopt;
      value = value * 10 + (c - '0');
    }
    rest.remove_prefix(count);
    return value;
  }
};

std::int64_t days_until(std::chrono::year_month_day date) { return std::chrono::sys_days(date).time_since_epoch().count(); }

TimeSpan days(std::int64_t first, std::int64_t end, const ParseContext& context) {
  return {context.zone.start_of_day(first), context.zone.start_of_day(end), false};
}

struct Clock {
  double second_of_day = 0;
  double length = 60;  ///< of what was named: a minute, a second, nothing
};

std::optional<Clock> read_clock(Reader& in) {
  const auto hour = in.digits(2);
  if (!hour || *hour > 23 || !in.take(':')) return std::nullopt;
  const auto minute = in.digits(2);
  if (!minute || *minute > 59) return std::nullopt;
  Clock clock{*hour * 3600.0 + *minute * 60.0, 60};
  if (!in.take(':')) return clock;
  const auto second = in.digits(2);
  if (!second || *second > 60) return std::nullopt;  // 60: leap seconds
  const std::size_t end = in.rest.starts_with('.') ? std::min(in.rest.find_first_not_of("0123456789", 1), in.rest.size()) : 0;
  if (end == 1) return std::nullopt;
  clock.second_of_day += *second + parse_double(in.rest.substr(0, end)).value_or(0);
  clock.length = end == 0 ? 1 : 0;
  in.rest.remove_prefix(end);
  return clock;
}

/// Seconds east of Greenwich, to the end of the text.
std::optional<double> read_offset(Reader& in) {
  if (in.take('Z') || in.take('z')) return in.rest.empty() ? std::optional(0.0) : std::nullopt;
  const double sign = in.rest.starts_with('-') ? -1 : 1;
  if (!in.take('+') && !in.take('-')) return std::nullopt;
  const auto hours = in.digits(2);
  in.take(':');
  const auto minutes = in.rest.empty() ? std::optional(0) : in.digits(2);
  if (!hours || !minutes || *hours > 15 || *minutes > 59 || !in.rest.empty()) return std::nullopt;
  return sign * (*hours * 3600.0 + *minutes * 60.0);
}

std::optional<TimeSpan> read_moment(Reader& in, std::int64_t day, const ParseContext& context) {
  const auto clock = read_clock(in);
  if (!clock) return std::nullopt;
  double begin = 0;
  if (in.rest.empty()) {
    begin = context.zone.time_of({day, clock->second_of_day});
  } else {
    const auto offset = read_offset(in);
    if (!offset) return std::nullopt;
    begin = static_cast<double>(day) * kDay + clock->second_of_day - *offset;
  }
  return TimeSpan{begin, begin + clock->length, clock->length == 0};
}

std::optional<TimeSpan> read_calendar(std::string_view text, const ParseContext& context) {
  using namespace std::chrono;
  Reader in{text};
  const auto y = in.digits(4);
  if (!y) return std::nullopt;
  if (in.rest.empty()) return days(days_until(year(*y) / January / 1), days_until(year(*y + 1) / January / 1), context);
  if (!in.take('-')) return std::nullopt;
  const auto m = in.digits(2);
  if (!m || *m < 1 || *m > 12) return std::nullopt;
  const auto month_begin = year(*y) / month(static_cast<unsigned>(*m)) / 1;
  if (in.rest.empty()) return days(days_until(month_begin), days_until(month_begin + months(1)), context);
  if (!in.take('-')) return std::nullopt;
  const auto d = in.digits(2);
  const year_month_day date(month_begin.year(), month_begin.month(), std::chrono::day(static_cast<unsigned>(d.value_or(0))));
  if (!date.ok()) return std::nullopt;
  const auto day = days_until(date);
  if (in.rest.empty()) return days(day, day + 1, context);
  if (!in.take('T') && !in.take('t') && !in.take(' ')) return std::nullopt;
  return read_moment(in, day, context);
}

/// "15.03.2026", "2026/3/15", "2026-3-15", with or without a time of day, as ISO 8601 writes it; any other text as it is.
std::string iso_of(std::string_view text) {
  const std::size_t end = std::min(text.find_first_of(" Tt"), text.size());
  const auto date = text.substr(0, end);
  for (const char sign : {'.', '/', '-'}) {
    const auto first = date.find(sign), second = first == date.npos ? date.npos : date.find(sign, first + 1);
    if (second == date.npos) continue;
    std::string_view year = date.substr(0, first), day = date.substr(second + 1);
    if (year.size() < 3) std::swap(year, day);
    const auto month = date.substr(first + 1, second - first - 1);
    if (year.size() != 4 || (sign != '.' && first != 4)) continue;  // of 03/04/2026 nobody knows which is the month
    return fmt::format("{}-{:0>2}-{:0>2}{}", year, month, day, text.substr(end));
  }
  return std::string(text);
}

/// "@1773517413.25"
std::optional<TimeSpan> read_epoch(std::string_view text) {
  const auto moment = text.starts_with('@') ? parse_double(text.substr(1)) : std::nullopt;
  if (!moment || !std::isfinite(*moment)) return std::nullopt;
  return TimeSpan{*moment, *moment, true};
}

/// Days since 1970 of the first of a month, `months_on` behind the one that the day is in.
std::int64_t month_begin(std::int64_t day, int months_on, bool of_year) {
  using namespace std::chrono;
  const year_month_day date{sys_days(std::chrono::days(day))};
  return days_until(of_year ? (date.year() + years(months_on / 12)) / January / 1 : date.year() / date.month() / 1 + months(months_on));
}

std::optional<TimeSpan> read_word(std::string_view word, const ParseContext& context);

/// "this week", "last month", "last friday"
std::optional<TimeSpan> read_period(std::string_view word, const ParseContext& context) {
  const bool is_last = word.starts_with("last ");
  if (!is_last && !word.starts_with("this ")) return std::nullopt;
  const auto unit = trimmed(word.substr(5));
  const auto today = context.zone.day_of(context.now);
  if (std::abs(static_cast<double>(today)) > 1e7) return std::nullopt;  // years that calendars do not count
  const int back = is_last ? 1 : 0;
  if (unit == "week") {
    const std::int64_t monday = today - ((today + 3) % 7 + 7) % 7 - 7 * back;
    return days(monday, monday + 7, context);
  }
  if (unit == "month") return days(month_begin(today, -back, false), month_begin(today, 1 - back, false), context);
  if (unit == "year") return days(month_begin(today, -12 * back, true), month_begin(today, 12 - 12 * back, true), context);
  const auto weekday =
      unit.size() > 2 && is_last && unit != "now" && unit != "today" && unit != "yesterday" ? read_word(unit, context) : std::nullopt;
  if (!weekday) return std::nullopt;
  const auto day = context.zone.day_of(weekday->begin);
  return day == today ? days(day - 7, day - 6, context) : *weekday;
}

std::optional<TimeSpan> read_word(std::string_view word, const ParseContext& context) {
  const auto today = context.zone.day_of(context.now);
  if (word == "now") return TimeSpan{context.now, context.now, true};
  if (word == "today") return days(today, today + 1, context);
  if (word == "yesterday") return days(today - 1, today, context);
  constexpr std::array<std::string_view, 7> kWeekdays{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"};
  for (std::size_t i = 0; i < kWeekdays.size(); ++i) {
    if (word != kWeekdays[i] && word != kWeekdays[i].substr(0, 3)) continue;
    const std::int64_t weekday = ((today + 4) % 7 + 7) % 7;  // 1970-01-01 was a Thursday
    const std::int64_t day = today - (weekday - static_cast<std::int64_t>(i) + 7) % 7;
    return days(day, day + 1, context);
  }
  return std::nullopt;
}

}  // namespace

std::optional<double> seconds_of_unit(std::string_view unit) {
  struct Unit {
    std::string_view name;
    double seconds;
  };
  constexpr Unit kUnits[] = {{"ms", 1e-3}, {"s", 1},       {"sec", 1},      {"second", 1},   {"seconds", 1},     {"m", 60},
                             {"min", 60},  {"minute", 60}, {"minutes", 60}, {"h", 3600},     {"hour", 3600},     {"hours", 3600},
                             {"d", kDay},  {"day", kDay},  {"days", kDay},  {"w", 7 * kDay}, {"week", 7 * kDay}, {"weeks", 7 * kDay}};
  const auto folded = fold_case(unit);
  const auto found = std::ranges::find(kUnits, folded, &Unit::name);
  return found == std::end(kUnits) ? std::nullopt : std::optional(found->seconds);
}

std::optional<TimeSpan> parse_time(std::string_view given, const ParseContext& context) {
  const std::string plain = plain_dashes(trimmed(given)), word = fold_case(plain);
  std::string_view text = plain;
  if (const auto span = read_word(word, context)) return span;
  if (const auto span = read_period(word, context)) return span;
  if (const auto span = read_epoch(text)) return span;
  if (const auto span = read_calendar(iso_of(text), context)) return span;
  if (word.ends_with(" ago")) text.remove_suffix(4);
  const auto age = parse_quantity(text);
  const auto unit = age ? seconds_of_unit(age->unit) : std::nullopt;
  if (!unit || age->number < 0) return std::nullopt;
  const double moment = context.now - age->number * *unit;
  if (!std::isfinite(moment)) return std::nullopt;
  return TimeSpan{moment, moment, true};
}

std::string time_text(double time, const ParseContext& context) {
  constexpr double kFirst = -62135596800, kLast = 253402000000;  // years 1 to 9999, in any zone
  if (time == std::floor(time) && time > kFirst && time < kLast) {
    const auto civil = context.zone.civil(time);
    const auto local = iso_utc(static_cast<double>(civil.day) * kDay + civil.second_of_day);
    for (const auto& text : {local.substr(0, 10), local.substr(0, 16), local.substr(0, 19), iso_utc(time)})
      if (const auto span = parse_time(text, context); span && span->begin == time) return text;
  }
  return fmt::format("@{}", shortest(time));
}

}  // namespace resonance::query
