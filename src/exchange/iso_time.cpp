#include "exchange/iso_time.hpp"

#include <algorithm>
#include <cctype>
#include <string>

#include "base/text.hpp"

namespace resonance::exchange {
namespace {

/// `digits` decimal digits at the begin of text, which is cut; nothing for less.
std::optional<int> take_digits(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (std::isdigit(static_cast<unsigned char>(text[i])) == 0) return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<std::chrono::sys_days> take_date(std::string_view& text) {
  const auto year = take_digits(text, 4);
  if (!year || !take(text, '-')) return std::nullopt;
  const auto month = take_digits(text, 2);
  if (!month || !take(text, '-')) return std::nullopt;
  const auto day = take_digits(text, 2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days{date};
}

std::optional<double> take_zone(std::string_view& text) {
  if (take(text, 'Z')) return 0.0;
  const double sign = text.starts_with('-') ? -1 : 1;
  if (!take(text, '+') && !take(text, '-')) return std::nullopt;
  const auto hours = take_digits(text, 2);
  take(text, ':');
  const auto minutes = text.empty() ? std::optional<int>(0) : take_digits(text, 2);
  if (!hours || !minutes || *hours > 14 || *minutes > 59) return std::nullopt;
  return sign * (*hours * 3600.0 + *minutes * 60.0);
}

bool ends_with_word(std::string_view text, std::string_view word) {
  return text.size() >= word.size() && std::ranges::equal(text.substr(text.size() - word.size()), word,
                                                          [](char a, char b) { return std::toupper(static_cast<unsigned char>(a)) == b; });
}

/// Hours (one or two digits), minutes, and mostly seconds with fraction; the whole text.
std::optional<double> clock_of(std::string_view text) {
  const bool one_digit = text.size() > 1 && text[1] == ':';
  const auto hours = take_digits(text, one_digit ? 1 : 2);
  if (!hours || *hours > 23 || !take(text, ':')) return std::nullopt;
  const auto minutes = take_digits(text, 2);
  if (!minutes || *minutes > 59) return std::nullopt;
  if (text.empty()) return *hours * 3600.0 + *minutes * 60.0;
  if (!take(text, ':') || text.size() < 2) return std::nullopt;
  std::string digits(text);
  std::ranges::replace(digits, ',', '.');
  if (!std::ranges::all_of(digits, [](char c) { return c == '.' || std::isdigit(static_cast<unsigned char>(c)) != 0; }))
    return std::nullopt;
  const auto seconds = parse_double(digits);
  if (!seconds || *seconds >= 61) return std::nullopt;  // 60: leap seconds
  return *hours * 3600.0 + *minutes * 60.0 + *seconds;
}

}  // namespace

double IsoTime::epoch() const {
  return static_cast<double>(day.time_since_epoch().count()) * 86400.0 + second_of_day - utc_offset.value_or(0);
}

std::optional<double> parse_clock(std::string_view text) {
  text = trimmed(text);
  const bool afternoon = ends_with_word(text, "PM");
  const bool twelve_hours = afternoon || ends_with_word(text, "AM");
  if (twelve_hours) text = trimmed(text.substr(0, text.size() - 2));
  auto seconds = clock_of(text);
  if (!seconds || !twelve_hours) return seconds;
  if (*seconds < 3600 || *seconds >= 13 * 3600) return std::nullopt;
  return (*seconds >= 12 * 3600 ? *seconds - 12 * 3600 : *seconds) + (afternoon ? 12 * 3600 : 0);
}

std::optional<ZonedClock> parse_zoned_clock(std::string_view text) {
  text = trimmed(text);
  if (ends_with_word(text, "UTC") || ends_with_word(text, "GMT")) {
    const auto clock = parse_clock(text.substr(0, text.size() - 3));
    return clock ? std::optional(ZonedClock{*clock, 0.0}) : std::nullopt;
  }
  const auto zone_at = text.find_first_of("Z+-");
  const auto clock = parse_clock(text.substr(0, zone_at));
  if (!clock) return std::nullopt;
  if (zone_at == std::string_view::npos) return ZonedClock{*clock, std::nullopt};
  auto zone = text.substr(zone_at);
  const auto offset = take_zone(zone);
  if (!offset || !zone.empty()) return std::nullopt;
  return ZonedClock{*clock, offset};
}

std::optional<IsoTime> parse_iso_time(std::string_view text) {
  text = trimmed(text);
  const auto day = take_date(text);
  if (!day || (!take(text, 'T') && !take(text, ' '))) return std::nullopt;
  const auto clock = parse_zoned_clock(text);
  if (!clock) return std::nullopt;
  return IsoTime{*day, clock->second_of_day, clock->utc_offset};
}

}  // namespace resonance::exchange
