#include "exchange/bcs/fits_card.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "exchange/text_encoding.hpp"

namespace resonance::bcs {
namespace {

/// Text between quotes, '' standing for one; blanks at the end have no meaning (section 4.2.1).
std::string quoted_text(std::string_view field) {
  std::string text;
  for (std::size_t i = 1; i < field.size(); ++i) {
    if (field[i] == '\'') {
      if (i + 1 >= field.size() || field[i + 1] != '\'') break;
      ++i;
    }
    text.push_back(field[i]);
  }
  text.erase(text.find_last_not_of(' ') + 1);
  return exchange::to_utf8(std::move(text));
}

}  // namespace

Json fits_value(std::string_view field) {
  field = trimmed(field);
  if (field.empty()) return nullptr;
  if (field.starts_with('\'')) return quoted_text(field);
  if (field == "T") return true;
  if (field == "F") return false;
  std::string number(field.substr(field.size() > 1 && field[0] == '+' ? 1 : 0));
  if (const auto integer = parse_int64(number)) return *integer;
  std::ranges::replace(number, 'D', 'E');
  if (const auto value = parse_double(number)) return *value;
  return exchange::to_utf8(std::string(field));
}

void set_comment(FitsCard& card, std::string_view comment) {
  comment = trimmed(comment);
  const auto close = comment.find(']');
  if (comment.starts_with('[') && close != std::string_view::npos) {
    card.units = exchange::to_label(comment.substr(1, close - 1), "");
    comment = trimmed(comment.substr(close + 1));
  }
  card.comment = exchange::to_utf8(std::string(comment));
}

bool continue_text(FitsCard& card, std::string_view field) {
  field = trimmed(field);
  if (!card.value.is_string() || !card.value.as_string().ends_with('&') || !field.starts_with('\'')) return false;
  auto text = card.value.as_string();
  text.pop_back();
  card.value = text + quoted_text(field);
  return true;
}

}  // namespace resonance::bcs
