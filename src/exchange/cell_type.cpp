#include "exchange/cell_type.hpp"

#include <algorithm>
#include <cctype>
#include <optional>

#include "base/text.hpp"
#include "resonance/run_writer.hpp"

namespace resonance::exchange {
namespace {

/// "007" and "-012" are labels (of samples, of rooms), not numbers: as numbers they would lose their zeros.
bool has_padding_zeros(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return text.size() > 1 && text[0] == '0' && std::isdigit(static_cast<unsigned char>(text[1])) != 0;
}

std::string_view without_plus(std::string_view text) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-' && text[1] != '+') text.remove_prefix(1);
  return text;
}

std::optional<bool> parse_boolean(std::string_view text) {
  const auto is = [text](std::string_view word) {
    return std::ranges::equal(text, word, [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; });
  };
  if (is("true")) return true;
  if (is("false")) return false;
  return std::nullopt;
}

}  // namespace

void CellTypeGuess::see(std::string_view cell) {
  const auto text = trimmed(cell);
  if (text.empty()) return;
  any_ = true;
  if (boolean_) boolean_ = parse_boolean(text).has_value();
  if (!number_) return;
  const auto digits = without_plus(text);
  if (integer_) integer_ = parse_int64(digits).has_value() && !has_padding_zeros(digits);
  if (!integer_) number_ = parse_double(digits).has_value() && !has_padding_zeros(digits);
}

CellType CellTypeGuess::type() const noexcept {
  if (!any_) return CellType::text;
  if (boolean_) return CellType::boolean;
  if (!number_) return CellType::text;
  return integer_ ? CellType::integer : CellType::number;
}

Json cell_value(std::string_view cell, CellType type) {
  const auto text = trimmed(cell);
  if (text.empty()) return nullptr;
  switch (type) {
    case CellType::integer:
      if (const auto value = parse_int64(without_plus(text))) return *value;
      return nullptr;
    case CellType::number:
      if (const auto value = parse_double(without_plus(text))) return *value;
      return nullptr;
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
