#include "time_text.hpp"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cmath>
#include <ctime>
#include <optional>

#include "resonance/error.hpp"
#include "text_layout.hpp"

namespace resonance::cli {

namespace {

std::string formatted(double time, const char* pattern) {
  if (!std::isfinite(time) || std::abs(time) > 1e11) return "?";
  const auto seconds = static_cast<std::time_t>(std::floor(time));
  std::tm parts{};
  if (::localtime_r(&seconds, &parts) == nullptr) return "?";
  char text[64];
  return std::string(text, std::strftime(text, sizeof text, pattern, &parts));
}

/// Reads fixed parts of a text from left to right.
struct Reader {
  std::string_view rest;
  bool skip(char c) {
    if (rest.empty() || rest.front() != c) return false;
    rest.remove_prefix(1);
    return true;
  }
  std::optional<int> digits(std::size_t count) {
    if (rest.size() < count) return {};
    int value = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + count, value);
    if (error != std::errc() || end != rest.data() + count || rest.front() == '-') return {};
    rest.remove_prefix(count);
    return value;
  }
  double fraction() {  ///< the digits behind a point
    double value = 0, place = 0.1;
    for (; !rest.empty() && rest.front() >= '0' && rest.front() <= '9'; rest.remove_prefix(1), place /= 10)
      value += place * (rest.front() - '0');
    return value;
  }
};

struct Clock {
  int hour = 0, minute = 0, second = 0;
  double fraction = 0;
};

std::optional<Clock> read_clock(Reader& in) {
  Clock clock;
  const auto hour = in.digits(2);
  if (!hour || !in.skip(':')) return {};
  const auto minute = in.digits(2);
  if (!minute) return {};
  clock.hour = *hour;
  clock.minute = *minute;
  if (in.skip(':')) {
    const auto second = in.digits(2);
    if (!second) return {};
    clock.second = *second;
    if (in.skip('.')) clock.fraction = in.fraction();
  }
  if (clock.hour > 23 || clock.minute > 59 || clock.second > 60) return {};
  return clock;
}

/// Seconds east of Greenwich at the end of the text; none for local time. False when it is neither.
bool read_offset(Reader& in, std::optional<int>& offset) {
  if (in.rest.empty()) return true;
  if (in.skip('Z') || in.skip('z')) {
    offset = 0;
    return in.rest.empty();
  }
  const int sign = in.skip('+') ? 1 : in.skip('-') ? -1 : 0;
  const auto hours = in.digits(2);
  in.skip(':');
  const auto minutes = in.rest.empty() ? std::optional<int>(0) : in.digits(2);
  if (sign == 0 || !hours || !minutes || *hours > 15 || *minutes > 59) return false;
  offset = sign * (*hours * 3600 + *minutes * 60);
  return in.rest.empty();
}

std::optional<double> parse_calendar(std::string_view text) {
  Reader in{text};
  const auto year = in.digits(4);
  if (!year || !in.skip('-')) return {};
  const auto month = in.digits(2);
  if (!month || !in.skip('-')) return {};
  const auto day = in.digits(2);
  using namespace std::chrono;
  if (!day || !year_month_day(std::chrono::year(*year), std::chrono::month(*month), std::chrono::day(*day)).ok()) return {};
  Clock clock;
  std::optional<int> offset;
  if (!in.rest.empty()) {
    if (!in.skip('T') && !in.skip('t') && !in.skip(' ')) return {};
    const auto read = read_clock(in);
    if (!read || !read_offset(in, offset)) return {};
    clock = *read;
  }
  std::tm parts{};
  parts.tm_year = *year - 1900;
  parts.tm_mon = *month - 1;
  parts.tm_mday = *day;
  parts.tm_hour = clock.hour;
  parts.tm_min = clock.minute;
  parts.tm_sec = clock.second;
  parts.tm_isdst = -1;  // let the zone's rules decide
  const std::time_t seconds = offset ? ::timegm(&parts) - *offset : std::mktime(&parts);
  return static_cast<double>(seconds) + clock.fraction;
}

double local_midnight(double now, int days_ago) {
  const auto seconds = static_cast<std::time_t>(now);
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  parts.tm_hour = parts.tm_min = parts.tm_sec = 0;
  parts.tm_mday -= days_ago;
  parts.tm_isdst = -1;
  return static_cast<double>(std::mktime(&parts));
}

std::optional<double> parse_age(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || !(value >= 0) || value > 1e9 || end + 1 != text.data() + text.size()) return {};
  switch (*end) {
    case 's':
      return value;
    case 'm':
      return value * 60;
    case 'h':
      return value * 3600;
    case 'd':
      return value * 86400;
    case 'w':
      return value * 7 * 86400;
    default:
      return {};
  }
}

}  // namespace

std::string local_minute(double time) { return formatted(time, "%Y-%m-%d %H:%M"); }
std::string local_iso(double time) {
  const auto micros =
      static_cast<long long>(std::llround(std::isfinite(time) ? std::fmod(time, 1.0) * 1e6 : 0));  // as often as they are recorded
  const std::string clock = formatted(time, "%Y-%m-%dT%H:%M:%S"), zone = formatted(time, "%z");
  if (zone.size() != 5) return "";
  return fmt::format("{}{}{}:{}", clock, micros > 0 ? fmt::format(".{:06}", std::min(micros, 999999ll)) : "", zone.substr(0, 3),
                     zone.substr(3));
}

std::string utc_text(double time) {
  const double whole = std::floor(time);
  const auto seconds = static_cast<std::time_t>(whole);
  std::tm parts{};
  if (!std::isfinite(time) || std::abs(time) > 1e11 || ::gmtime_r(&seconds, &parts) == nullptr) return "?";
  char text[64];
  const std::string out(text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts));
  const auto micros = static_cast<int>((time - whole) * 1e6);
  return micros == 0 ? out + "Z" : fmt::format("{}.{:06}Z", out, micros);
}

std::string local_second(double time) { return formatted(time, "%Y-%m-%d %H:%M:%S %Z"); }

double parse_time(std::string_view text, double now) {
  if (text == "now") return now;
  if (text == "today") return local_midnight(now, 0);
  if (text == "yesterday") return local_midnight(now, 1);
  if (const auto time = parse_calendar(text)) return *time;
  if (const auto age = parse_age(text)) return now - *age;
  throw Error(
      ErrorCode::invalid_argument,
      fmt::format("'{}' is no time; write 2026-03-14, '2026-03-14 19:43', 2026-03-14T19:43:00Z, today, yesterday, or an age like 2h or 3d",
                  safe_text(text)));
}

void use_clocks(const std::string& zone) {
  ::setenv("TZ", zone.c_str(), 1);  // of this process alone
  ::tzset();
}

double current_time() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }

}  // namespace resonance::cli
