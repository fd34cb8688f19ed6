#include "exchange/fits/fits_card.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <unordered_map>

#include "base/text.hpp"
#include "exchange/text_encoding.hpp"

namespace resonance::fits {
namespace {

constexpr std::size_t kCard = 80;

bool is_digit(char c) noexcept { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

/// Text between quotes, '' standing for one; blanks at the end have no meaning (section 4.2.1). `length` becomes that of the field.
std::string quoted_text(std::string_view field, std::size_t& length) {
  std::string text;
  for (length = 1; length < field.size(); ++length) {
    if (field[length] == '\'' && (length + 1 >= field.size() || field[++length] != '\'')) break;
    text.push_back(field[length]);
  }
  text.erase(text.find_last_not_of(' ') + 1);
  return exchange::to_utf8(std::move(text));
}

std::string quoted_text(std::string_view field) {
  std::size_t length = 0;
  return quoted_text(field, length);
}

/// Digits of any number, with a sign or without.
std::optional<Json> integer_of(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty() || !std::ranges::all_of(text, is_digit)) return std::nullopt;
  text.remove_prefix(std::min(text.find_first_not_of('0'), text.size() - 1));
  return Json::parse(fmt::format("{}{}", negative && text != "0" ? "-" : "", text));
}

/// Digits with a point or an exponent, which may be Fortran's 'D'; no words such as "nan".
std::optional<double> double_of(std::string_view text) {
  std::string number(text.substr(text.size() > 1 && text[0] == '+' ? 1 : 0));
  const auto belongs = [](char c) { return is_digit(c) || std::string_view("+-.eEdD").find(c) != std::string_view::npos; };
  if (!std::ranges::all_of(number, belongs) || !std::ranges::any_of(number, is_digit)) return std::nullopt;
  std::ranges::replace_if(number, [](char c) { return c == 'D' || c == 'd'; }, 'E');
  return parse_double(number);
}

/// "[eV] Motor" → units "eV", comment "Motor".
void set_comment(FitsCard& card, std::string_view comment) {
  comment = trimmed(comment);
  const auto close = comment.find(']');
  if (comment.starts_with('[') && close != std::string_view::npos) {
    card.units = exchange::to_label(comment.substr(1, close - 1), "");
    comment = trimmed(comment.substr(close + 1));
  }
  card.comment = exchange::to_utf8(std::string(comment));
}

/// Value and comment, parted by a slash that is in no text.
void set_value(FitsCard& card, std::string_view field) {
  field = trimmed(field);
  std::size_t slash = 0;
  if (field.starts_with('\'')) (void)quoted_text(field, slash);
  slash = field.find('/', std::min(slash, field.size()));
  card.value = fits_value(field.substr(0, slash));
  if (slash != std::string_view::npos) set_comment(card, field.substr(slash + 1));
}

bool is_commentary(std::string_view name) { return name == "COMMENT" || name == "HISTORY" || name == "CONTINUE"; }

FitsCard parse_card(std::string_view text, const std::string& hdu) {
  constexpr std::string_view kLongName = "HIERARCH ";
  const auto keyword = trimmed(text.substr(0, 8));
  FitsCard card{hdu, exchange::to_label(keyword, "COMMENT"), nullptr, {}, {}};
  const auto equals = text.find('=');
  if (text.starts_with(kLongName) && equals != std::string_view::npos) {
    card.name = exchange::to_label(text.substr(kLongName.size(), equals - kLongName.size()), "HIERARCH");
    set_value(card, text.substr(equals + 1));
  } else if (text.substr(8, 1) == "=" && !is_commentary(card.name)) {
    set_value(card, text.substr(9));
  } else {
    card.value = exchange::to_utf8(std::string(trimmed(text.substr(8))));
  }
  return card;
}

/// The cards of a header as they come.
class CardList {
 public:
  void add(FitsCard card) {
    if (card.name == "CONTINUE" && continues(card.value)) return;
    const auto [at, first] = seen_.try_emplace(card.name, Seen{cards_.size(), 1});
    if (!first && is_commentary(card.name)) return add_line(cards_[at->second.card].value, card.value);
    if (!first) card.name = fmt::format("{} ({})", card.name, ++at->second.times);
    cards_.push_back(std::move(card));
  }

  std::vector<FitsCard> take() { return std::move(cards_); }

 private:
  /// The rest of a text that ends with '&'.
  bool continues(const Json& field) {
    if (cards_.empty() || !cards_.back().value.is_string() || !cards_.back().value.as_string().ends_with('&')) return false;
    if (!field.as_string().starts_with('\'')) return false;
    auto text = cards_.back().value.as_string();
    text.pop_back();
    cards_.back().value = text + quoted_text(field.as_string());
    return true;
  }

  static void add_line(Json& lines, const Json& line) { lines = lines.as_string() + "\n" + line.as_string(); }

  struct Seen {
    std::size_t card;
    std::size_t times;
  };
  std::vector<FitsCard> cards_;
  std::unordered_map<std::string, Seen> seen_;
};

}  // namespace

Json fits_value(std::string_view field) {
  field = trimmed(field);
  if (field.empty()) return nullptr;
  if (field.starts_with('\'')) return quoted_text(field);
  if (field == "T") return true;
  if (field == "F") return false;
  if (auto integer = integer_of(field)) return *std::move(integer);
  if (const auto value = double_of(field)) return *value;
  return exchange::to_utf8(std::string(field));
}

std::vector<FitsCard> read_cards(std::string_view text, const std::string& hdu) {
  CardList out;
  for (; text.size() >= kCard; text.remove_prefix(kCard))
    if (!trimmed(text.substr(0, kCard)).empty()) out.add(parse_card(text.substr(0, kCard), hdu));
  return out.take();
}

const FitsCard* find_card(const std::vector<FitsCard>& cards, std::string_view name) {
  const auto at = std::ranges::find(cards, name, &FitsCard::name);
  return at == cards.end() ? nullptr : &*at;
}

}  // namespace resonance::fits
