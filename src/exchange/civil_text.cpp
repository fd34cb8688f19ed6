#include "exchange/civil_text.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

#include "base/text.hpp"

namespace resonance::exchange {
namespace {

using std::chrono::sys_days;

std::optional<int> number_of(std::string_view text, std::size_t most_digits) {
  if (text.empty() || text.size() > most_digits) return std::nullopt;
  int value = 0;
  for (const char c : text) {
    if (std::isdigit(static_cast<unsigned char>(c)) == 0) return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

std::optional<int> month_named(std::string_view text) {
  constexpr std::string_view kMonths = "janfebmaraprmayjunjulaugsepoctnovdec";
  if (text.size() != 3) return std::nullopt;
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto at = kMonths.find(lower);
  return at == std::string_view::npos || at % 3 != 0 ? std::nullopt : std::optional(static_cast<int>(at / 3) + 1);
}

std::optional<sys_days> day_of(std::optional<int> year, std::optional<int> month, std::optional<int> day) {
  if (!year || !month || !day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  return date.ok() ? std::optional(sys_days{date}) : std::nullopt;
}

std::optional<sys_days> date_of(std::string_view text, DateOrder order) {
  const auto first = text.find_first_of("./-");
  if (first == std::string_view::npos) return std::nullopt;
  const char sign = text[first];
  const auto second = text.find(sign, first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  const auto a = text.substr(0, first), b = text.substr(first + 1, second - first - 1), c = text.substr(second + 1);
  if (a.size() == 4) return day_of(number_of(a, 4), number_of(b, 2), number_of(c, 2));
  if (c.size() != 4) return std::nullopt;
  if (const auto month = month_named(b)) return day_of(number_of(c, 4), month, number_of(a, 2));
  if (order == kDayFirst) return day_of(number_of(c, 4), number_of(b, 2), number_of(a, 2));
  return sign == '.' ? std::nullopt : day_of(number_of(c, 4), number_of(a, 2), number_of(b, 2));
}

}  // namespace

std::optional<IsoTime> parse_date_time(std::string_view text, DateOrder order) {
  text = trimmed(text);
  if (const auto iso = parse_iso_time(text)) return iso;
  const auto blank = text.find_first_of(" T");
  if (blank == std::string_view::npos) return std::nullopt;
  auto date = text.substr(0, blank);
  if (date.ends_with(',')) date.remove_suffix(1);
  const auto day = date_of(date, order);
  const auto clock = parse_zoned_clock(text.substr(blank + 1));
  if (!day || !clock) return std::nullopt;
  return IsoTime{*day, clock->second_of_day, clock->utc_offset};
}

unsigned orders_of(std::string_view text) {
  return (parse_date_time(text, kDayFirst) ? kDayFirst : 0u) | (parse_date_time(text, kMonthFirst) ? kMonthFirst : 0u);
}

bool is_date(std::string_view text) {
  text = trimmed(text);
  return date_of(text, kDayFirst).has_value() || date_of(text, kMonthFirst).has_value();
}

}  // namespace resonance::exchange
