#include "exchange/cell_type.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/text.hpp"
#include "resonance/run_writer.hpp"

namespace resonance::exchange {
namespace {

std::optional<bool> parse_boolean(std::string_view text) {
  const auto is = [text](std::string_view word) {
    return std::ranges::equal(text, word, [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; });
  };
  if (is("true")) return true;
  if (is("false")) return false;
  return std::nullopt;
}

void remember(std::optional<CellTypeGuess::Place>& place, std::string_view text, std::uint64_t line) {
  if (!place) place = {printable(text), line};
}

/// Digits with what people write among them, and we do not read: "1'234,5", "12%", blanks between groups, a long minus.
bool is_odd_number(std::string_view text) {
  const auto fits = [](char c) {
    return static_cast<unsigned char>(c) >= 0x80 || std::string_view("0123456789.,+-'% ").find(c) != std::string_view::npos;
  };
  const auto odd = [](char c) { return static_cast<unsigned char>(c) >= 0x80 || c == '\'' || c == '%' || c == ' '; };
  return text.find_first_of("0123456789") != std::string_view::npos && std::ranges::all_of(text, fits) && std::ranges::any_of(text, odd);
}

/// The one form to read a column in of which each cell fits `forms`; nothing where two would give different numbers.
std::optional<NumberForm> form_of(unsigned forms, DecimalEvidence evidence, std::optional<char> decimal) {
  if (decimal) forms &= *decimal == '.' ? kPointForms : kCommaForms;
  for (const auto plain : {kPoint, kComma, kPointGrouped, kCommaGrouped}) {
    const auto family = (plain & kPointForms) != 0 ? kPointForms : kCommaForms;
    if ((forms & plain) != 0 && (forms & ~family) == 0) return plain;
  }
  if (forms == kAllForms) return kPoint;
  if ((forms & kPoint) != 0 && !(evidence.comma && !evidence.point)) return kPoint;                               // 1.234
  if ((forms & kComma) != 0 && evidence.point != evidence.comma) return evidence.comma ? kComma : kPointGrouped;  // 1,234
  return std::nullopt;
}

}  // namespace

void CellTypeGuess::see(std::string_view cell, std::uint64_t line) {
  const auto text = trimmed(cell);
  if (text.empty()) return;
  if (missing_words_ && is_missing_text(text)) return remember(missing_, text, line);
  ++values_;
  if (boolean_) boolean_ = parse_boolean(text).has_value();
  const auto look = look_at_number(text, zeros_);
  if (look.forms == 0 || (forms_ & look.forms) == 0) return remember(other_, text, line);
  ++numbers_;
  forms_ &= look.forms;
  see_number(text, look, line);
}

void CellTypeGuess::see_number(std::string_view text, const NumberLook& look, std::uint64_t line) {
  const bool integer_point = is_integer_text(text, kPoint), integer_comma = is_integer_text(text, kComma);
  integer_point_ = integer_point_ && integer_point;
  integer_comma_ = integer_comma_ && integer_comma;
  if (look.word) ++words_;
  plain_words_only_ = plain_words_only_ && look.plain_word;
  if (look.bare_exponent) bare_exponents_ = true;
  if (look.word || look.bare_exponent)
    remember(doubtful_, text, line);
  else if (!(integer_point && integer_comma))
    sure_ = true;
  if (!(integer_point && integer_comma)) remember(fraction_, text, line);
  if ((look.forms & kPoint) == 0) remember(signed_, text, line);
}

void CellTypeGuess::see_text(std::string_view cell, std::uint64_t line) {
  ++values_;
  boolean_ = false;
  remember(other_, cell, line);
}

bool CellTypeGuess::is_number() const noexcept {
  if (other_ || numbers_ == 0) return false;
  if (said_) return true;
  if (words_ == numbers_) return plain_words_only_;
  return !bare_exponents_ || sure_ || measured_;
}

void CellTypeGuess::add_to(DecimalEvidence& evidence) const noexcept {
  if (!is_number()) return;
  if ((forms_ & kCommaForms) == 0) evidence.point = true;
  if ((forms_ & kPointForms) == 0) evidence.comma = true;
}

ColumnType CellTypeGuess::type(DecimalEvidence evidence, std::optional<char> decimal) const noexcept {
  ColumnType out;
  if (values_ > 0 && boolean_) out.type = CellType::boolean;
  if (!is_number()) return out;
  const auto form = form_of(forms_, evidence, decimal);
  if (!form) return out;
  out.form = *form;
  const bool integer = words_ == 0 && ((*form & kPointForms) != 0 ? integer_point_ : integer_comma_);
  out.type = integer ? CellType::integer : CellType::number;
  return out;
}

std::string CellTypeGuess::note_of_text(std::string_view column, const ColumnType& type) const {
  if (type.type != CellType::text) return {};
  if (other_ && numbers_ >= values_ - numbers_)
    return fmt::format("column \"{}\" is text, as line {} says \"{}\"", column, other_->line, other_->text);
  if (other_ && numbers_ == 0 && is_odd_number(other_->text))
    return fmt::format("column \"{}\" is text: \"{}\" (line {}) is no number as it stands", column, other_->text, other_->line);
  if (other_ || numbers_ == 0) return {};
  if (!is_number())
    return fmt::format("column \"{}\" is text: \"{}\" (line {}) may be a name; --column \"{}=number\" makes it numbers", column,
                       doubtful_->text, doubtful_->line, column);
  const auto place = signed_ ? *signed_ : fraction_ ? *fraction_ : Place{};
  return fmt::format(
      "column \"{}\" is text: the sign in \"{}\" (line {}) may be a decimal sign or stand between groups of digits; "
      "--decimal says which",
      column, place.text, place.line);
}

std::string CellTypeGuess::note_of_signs(std::string_view column, const ColumnType& type) const {
  const auto& place = type.form == kCommaGrouped && !signed_ ? fraction_ : signed_;
  if (!place || (type.type != CellType::integer && type.type != CellType::number)) return {};
  return fmt::format("column \"{}\": \"{}\" (line {}) was read as {}", column, place->text, place->line,
                     number_value(place->text, type.form, false).dump());
}

std::string CellTypeGuess::note_of_missing(std::string_view column, const ColumnType& type) const {
  if (!missing_ || type.type == CellType::text) return {};
  return fmt::format("column \"{}\": \"{}\" (line {}) was taken as a missing value", column, missing_->text, missing_->line);
}

std::string CellTypeGuess::why_not(const ColumnType& type, bool integers) const {
  if (other_) return fmt::format("line {} says \"{}\"", other_->line, other_->text);
  if (numbers_ == 0) return {};
  const auto place = signed_ ? *signed_ : fraction_ ? *fraction_ : Place{};
  if (type.type == CellType::text)
    return fmt::format("line {} says \"{}\", whose sign may have two meanings: say --decimal", place.line, place.text);
  if (integers && type.type != CellType::integer) return fmt::format("line {} says \"{}\"", fraction_->line, fraction_->text);
  return {};
}

Json cell_value(std::string_view cell, const ColumnType& type) {
  const auto text = trimmed(cell);
  if (text.empty()) return nullptr;
  switch (type.type) {
    case CellType::integer:
    case CellType::number:
      if (look_at_number(text, true).forms == 0) return nullptr;
      return number_value(text, type.form, type.type == CellType::number && !type.keep_integers);
    case CellType::boolean:
      if (const auto value = parse_boolean(text)) return *value;
      return nullptr;
    case CellType::text:
      break;
  }
  return Json(cell);
}

Json cell_key(CellType type, std::string_view source, std::string_view units) {
  switch (type) {
    case CellType::integer:
      return integer_key(source, units);
    case CellType::number:
      return number_key(source, units);
    case CellType::boolean:
      return boolean_key(source);
    case CellType::text:
      break;
  }
  Json key = string_key(source);
  if (!units.empty()) key.set("units", units);
  return key;
}

}  // namespace resonance::exchange
