#include "exchange/number_form.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <limits>

#include "base/text.hpp"

namespace resonance::exchange {
namespace {

constexpr std::string_view kDigits = "0123456789";

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool same_word(std::string_view text, std::string_view lower) {
  return std::ranges::equal(text, lower, [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; });
}

/// A number without its sign: digits and their signs, then the exponent.
struct Parts {
  bool negative = false;
  std::string_view mantissa, exponent;  // the exponent with its sign
  bool has_exponent = false;
};

std::optional<Parts> parts_of(std::string_view text) {
  Parts parts;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    parts.negative = text[0] == '-';
    text.remove_prefix(1);
  }
  const auto end = std::min(text.find_first_not_of("0123456789.,"), text.size());
  parts.mantissa = text.substr(0, end);
  if (parts.mantissa.find_first_of(kDigits) == std::string_view::npos) return std::nullopt;
  if (end == text.size()) return parts;
  if (std::string_view("eEdD").find(text[end]) == std::string_view::npos) return std::nullopt;
  parts.has_exponent = true;
  parts.exponent = text.substr(end + 1);
  const auto digits = parts.exponent.substr(parts.exponent.starts_with('-') || parts.exponent.starts_with('+') ? 1 : 0);
  if (digits.empty() || !std::ranges::all_of(digits, is_digit)) return std::nullopt;
  return parts;
}

/// "1,234,567": groups of three behind one to three digits that begin with no zero.
bool is_grouped(std::string_view whole, char sign) {
  const auto first = whole.find(sign);
  if (first == 0 || first > 3 || whole[0] == '0' || (whole.size() - first) % 4 != 0) return false;
  for (std::size_t i = first; i < whole.size(); ++i)
    if ((i - first) % 4 == 0 ? whole[i] != sign : !is_digit(whole[i])) return false;
  return true;
}

/// In which forms digits and signs are a number where `decimal` is the decimal sign.
unsigned forms_with(const Parts& parts, char decimal, unsigned plain, unsigned grouped) {
  const char group = decimal == '.' ? ',' : '.';
  const auto& text = parts.mantissa;
  const auto at = text.find(decimal);
  if (at != std::string_view::npos && text.find_first_of(".,", at + 1) != std::string_view::npos) return 0;
  const auto whole = text.substr(0, at);
  if (whole.find(group) == std::string_view::npos) return plain | grouped;
  return !parts.has_exponent && is_grouped(whole, group) ? grouped : 0;
}

/// With '.' as decimal sign, no signs between groups, and 'e'.
std::string normal_text(const Parts& parts, NumberForm form) {
  const char decimal = (form & kPointForms) != 0 ? '.' : ',';
  std::string out = parts.negative ? "-" : "";
  for (const char c : parts.mantissa)
    if (is_digit(c))
      out += c;
    else if (c == decimal)
      out += '.';
  if (parts.has_exponent) (out += 'e') += parts.exponent;
  return out;
}

/// Whether the double nearest to it is still this number: neither infinite nor, for digits that are not all zero, zero.
bool fits_double(const Parts& parts, unsigned forms) {
  if (!parts.has_exponent && parts.mantissa.size() < 300) return true;
  const auto form = (forms & kPointForms) != 0 ? kPoint : kComma;
  if (!parts.has_exponent && parts.mantissa.find(form == kPoint ? '.' : ',') == std::string_view::npos) return true;  // an integer
  const auto value = parse_double(normal_text(parts, form));
  return value && std::isfinite(*value) && (*value != 0 || parts.mantissa.find_first_of("123456789") == std::string_view::npos);
}

bool has_padding_zeros(std::string_view mantissa) { return mantissa.size() > 1 && mantissa[0] == '0' && is_digit(mantissa[1]); }

std::optional<double> word_value(std::string_view text) {
  constexpr std::array<std::string_view, 5> nans{"nan", "1.#qnan", "1.#ind", "1.#snan", "1.#nan"};
  constexpr std::array<std::string_view, 3> infinities{"inf", "infinity", "1.#inf"};
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const auto is = [text](std::string_view word) { return same_word(text, word); };
  if (std::ranges::any_of(nans, is)) return std::numeric_limits<double>::quiet_NaN();
  if (!std::ranges::any_of(infinities, is)) return std::nullopt;
  return negative ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
}

Json integer_of(std::string_view digits) {
  const bool negative = digits.starts_with('-');
  if (negative) digits.remove_prefix(1);
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size() - 1));
  return Json::parse(std::string(negative && digits != "0" ? "-" : "").append(digits));
}

/// Whether the double for these digits is that very integer.
bool exact_as_double(std::string_view digits) {
  constexpr std::int64_t kExact = std::int64_t{1} << 53;
  if (const auto value = parse_int64(digits); value && *value >= -kExact && *value <= kExact) return true;
  const auto value = parse_double(digits);
  return value && std::isfinite(*value) && fmt::format("{:.0f}", *value) == digits;
}

}  // namespace

NumberLook look_at_number(std::string_view text, bool zeros) {
  NumberLook look;
  if (const auto parts = parts_of(text)) {
    if (!zeros && has_padding_zeros(parts->mantissa)) return look;
    look.forms = forms_with(*parts, '.', kPoint, kPointGrouped) | forms_with(*parts, ',', kComma, kCommaGrouped);
    if (look.forms != 0 && !fits_double(*parts, look.forms)) look.forms = 0;
    look.bare_exponent = parts->has_exponent && is_digit(parts->exponent[0]) && std::ranges::all_of(parts->mantissa, is_digit);
  } else if (word_value(text)) {
    look.forms = kAllForms;
    look.word = true;
    look.plain_word = text == "NaN" || text == "nan" || text == "Infinity" || text == "-Infinity";
  }
  return look;
}

bool is_integer_text(std::string_view text, NumberForm form) {
  const auto parts = parts_of(text);
  return parts && !parts->has_exponent && parts->mantissa.find((form & kPointForms) != 0 ? '.' : ',') == std::string_view::npos;
}

Json number_value(std::string_view text, NumberForm form, bool as_double) {
  const auto parts = parts_of(text);
  if (!parts) {
    const auto word = word_value(text);
    return word ? Json(*word) : Json();
  }
  const auto number = normal_text(*parts, form);
  const auto point = number.find('.');
  const bool whole = !parts->has_exponent && number.find_first_not_of('0', std::min(point, number.size() - 1) + 1) == std::string::npos;
  auto digits = number.substr(0, point);
  if (digits.empty() || digits == "-") digits += '0';
  if (whole && (as_double ? !exact_as_double(digits) : point == std::string::npos)) return integer_of(digits);
  const auto value = parse_double(number);
  return value ? Json(*value) : Json();
}

bool is_spreadsheet_error(std::string_view text) {
  constexpr std::array<std::string_view, 7> words{"#N/A", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#NULL!"};
  return std::ranges::find(words, text) != words.end();
}

bool is_missing_text(std::string_view text) {
  // In these spellings alone: "nA" is a unit.
  constexpr std::array<std::string_view, 16> words{"",     "N/A",  "n/a",  "NA",   "na",  "#NA", "<NA>", "null",
                                                   "NULL", "Null", "None", "none", "nil", "-",   "--",   "---"};
  return std::ranges::find(words, text) != words.end() || is_spreadsheet_error(text);
}

}  // namespace resonance::exchange
