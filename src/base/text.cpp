#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstring>
#include <iterator>
#include <limits>

#include "base/number_text.hpp"
#include "base/utf8.hpp"

namespace resonance {
namespace {

// Decimal exponent of the first digit that is not 0, as far as its sign matters: from_chars says only "out of range", and
// a value that far from 1 has overflowed when it is positive and vanished when it is negative.
bool overflows(std::string_view number) noexcept {
  const std::size_t e = number.find_first_of("eE");
  const std::string_view mantissa = number.substr(0, e);
  const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
  const std::size_t first = mantissa.find_first_of("123456789");
  if (first == std::string_view::npos) return false;
  const auto distance = static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first);

  if (e == std::string_view::npos) return distance > 0;
  std::string_view exponent = number.substr(e + 1);
  const bool negative = exponent.starts_with('-');
  if (negative || exponent.starts_with('+')) exponent.remove_prefix(1);
  constexpr std::int64_t kFarther = std::numeric_limits<std::int64_t>::max() / 2;  // than any mantissa is long
  std::int64_t power = 0;
  if (std::from_chars(exponent.data(), exponent.data() + exponent.size(), power).ec != std::errc{} || power > kFarther) power = kFarther;
  return distance + (negative ? -power : power) > 0;
}

template <typename Number>
std::from_chars_result read_number(std::string_view& text, Number& value) noexcept {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  return std::from_chars(text.data(), text.data() + text.size(), value);
}

bool is_control(std::string_view sequence) noexcept {
  const auto first = static_cast<unsigned char>(sequence[0]);
  if (sequence.size() == 2) return first == 0xC2 && static_cast<unsigned char>(sequence[1]) < 0xA0;  // U+0080 to U+009F
  return first < 0x20 || first == 0x7F;
}

}  // namespace

bool is_utf8(std::string_view text) noexcept {
  constexpr std::uint64_t kHighBits = 0x8080808080808080;
  std::size_t at = 0;
  while (at < text.size()) {
    std::uint64_t word = 0;
    if (text.size() - at >= sizeof word) {
      std::memcpy(&word, text.data() + at, sizeof word);
      if ((word & kHighBits) == 0) {
        at += sizeof word;
        continue;
      }
    }
    const std::size_t length = utf8::sequence_length(text, at);
    if (length == 0) return false;
    at += length;
  }
  return true;
}

// Python's rule for where the exponent begins, so that our text and that of its json module are the same.
char* write_shortest(char* out, double value, bool decimal_point) noexcept {
  const auto word = [&](std::string_view text) { return std::copy(text.begin(), text.end(), out); };
  if (std::isnan(value)) return word("NaN");
  if (std::isinf(value)) return word(value > 0 ? "Infinity" : "-Infinity");
  const double magnitude = std::fabs(value);
  const bool fixed = magnitude == 0 || (magnitude >= 1e-4 && magnitude < 1e16);
  char* end = std::to_chars(out, out + kNumberBytes, value, fixed ? std::chars_format::fixed : std::chars_format::scientific).ptr;
  if (decimal_point && fixed && std::find(out, end, '.') == end) {
    *end++ = '.';
    *end++ = '0';
  }
  return end;
}

std::string shortest(double value, bool decimal_point) {
  char buffer[kNumberBytes];
  return std::string(buffer, write_shortest(buffer, value, decimal_point));
}

std::optional<double> parse_double(std::string_view text) noexcept {
  double value = 0;
  const auto [end, error] = read_number(text, value);
  if (text.empty() || end != text.data() + text.size() || error == std::errc::invalid_argument) return std::nullopt;
  if (error == std::errc::result_out_of_range)
    return std::copysign(overflows(text) ? std::numeric_limits<double>::infinity() : 0.0, text[0] == '-' ? -1.0 : 1.0);
  return value;
}

std::optional<std::int64_t> parse_int64(std::string_view text) noexcept {
  std::int64_t value = 0;
  const auto [end, error] = read_number(text, value);
  if (text.empty() || end != text.data() + text.size() || error != std::errc{}) return std::nullopt;
  return value;
}

std::string_view trimmed(std::string_view text) noexcept {
  constexpr std::string_view kBlanks = " \t\r\n\v\f";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::string printable(std::string_view text, std::size_t limit) {
  std::string out;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t length = utf8::sequence_length(text, at);
    if (at + std::max<std::size_t>(length, 1) > limit) break;
    const std::string_view sequence = text.substr(at, std::max<std::size_t>(length, 1));
    if (length == 0 || is_control(sequence))
      for (const char c : sequence) fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(c));
    else
      out += sequence;
    at += sequence.size();
  }
  if (at < text.size()) out += "...";
  return out;
}

std::string iso_utc(double time) {
  constexpr double kYear0 = -62167219200, kYear10000 = 253402300800;  // what four digits can say
  if (!(time >= kYear0 && time < kYear10000)) return shortest(time);
  using namespace std::chrono;
  const sys_seconds moment{seconds{static_cast<std::int64_t>(std::floor(time))}};
  const auto day = floor<days>(moment);
  const year_month_day date{day};
  const hh_mm_ss clock{moment - day};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()), clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

}  // namespace resonance
