#include "index/rewrites.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

#include "base/fold_case.hpp"
#include "base/text.hpp"
#include "query/fields.hpp"
#include "query/times.hpp"
#include "query/values.hpp"

namespace resonance::index {

using query::WrittenTerm;

namespace {

constexpr std::size_t kMostWords = 4;  // of a value that may have been meant as one

bool is_word(const WrittenTerm& term) { return term.name.empty() && !term.is_quoted; }

bool is_blank(std::string_view text) { return trimmed(text).empty(); }

/// Words for what is a sign here; a value follows.
struct SignWord {
  std::string_view word, sign;
  bool is_part;  ///< the value is a part of the text
};
constexpr SignWord kSignWords[] = {{"is", ":", false},     {"are", ":", false},   {"in", ":", false},      {"equals", ":", false},
                                   {"from", ":", false},   {"of", ":", false},    {"like", ":", true},     {"contains", ":", true},
                                   {"above", ">", false},  {"over", ">", false},  {"greater", ">", false}, {"larger", ">", false},
                                   {"more", ">", false},   {"below", "<", false}, {"under", "<", false},   {"less", "<", false},
                                   {"smaller", "<", false}};
constexpr std::string_view kWithout[] = {"no", "without", "except"};
constexpr std::string_view kStatus[] = {"success", "aborted", "failed", "open"};
constexpr std::string_view kAbout[] = {"~", "\u2248", "\u2243"};
constexpr std::string_view kMoreOrLess[] = {"\u00b1", "+/-", "+-"};

bool is_one_of(std::string_view word, std::span<const std::string_view> words) { return std::ranges::find(words, word) != words.end(); }

const SignWord* sign_word(std::string_view word) {
  const auto* const found = std::ranges::find(kSignWords, fold_case(word), &SignWord::word);
  return found == std::end(kSignWords) ? nullptr : found;
}

bool is_field(std::string_view folded) {
  const auto& fields = query::field_names();
  return std::ranges::find(fields, folded) != fields.end() || query::value_kind(folded, false) == query::ValueKind::date;
}

/// "280±5" as "275..285"; empty: it is none
std::string more_or_less(std::string_view value) {
  for (const auto sign : kMoreOrLess) {
    const auto at = value.find(sign);
    if (at == value.npos || at == 0) continue;
    const auto middle = query::parse_quantity(value.substr(0, at)), width = query::parse_quantity(value.substr(at + sign.size()));
    if (middle && width)
      return fmt::format("{}..{}{}", shortest(middle->number - width->number), shortest(middle->number + width->number),
                         width->unit.empty() ? middle->unit : width->unit);
  }
  return {};
}

/// "03/15/2026", "15-03-2026": what it may be, the year first
std::vector<std::string> dates_of(std::string_view value, const query::ParseContext& context) {
  const auto first = value.find_first_of("/-."), second = first == value.npos ? first : value.find_first_of("/-.", first + 1);
  if (second == value.npos || first > 2 || value.size() - second != 5) return {};
  const auto one = value.substr(0, first), other = value.substr(first + 1, second - first - 1), year = value.substr(second + 1);
  std::vector<std::string> out;
  for (const auto& [month, day] : {std::pair(one, other), std::pair(other, one)})
    if (auto text = fmt::format("{}-{:0>2}-{:0>2}", year, month, day); query::parse_time(text, context)) out.push_back(std::move(text));
  return out;
}

/// Finds what to say about one query, kind by kind.
class Rewriter {
 public:
  Rewriter(std::string_view text, const std::vector<WrittenTerm>& terms, const query::ParseContext& context,
           const std::function<bool(std::string_view)>& is_name)
      : text_(text), terms_(terms), context_(context), is_name_(is_name) {}

  std::vector<Rewrite> all() && {
    operators();
    names_without_signs();
    for (std::size_t i = 0; i < terms_.size(); ++i) {
      if (is_word(terms_[i]))
        of_word(i);
      else if (!terms_[i].name.empty())
        of_comparison(i);
    }
    return std::move(out_);
  }

 private:
  /// The next term, where nothing but blanks is between the two.
  [[nodiscard]] const WrittenTerm* neighbour(std::size_t i) const {
    if (i + 1 >= terms_.size() || terms_[i + 1].begin < terms_[i].end) return nullptr;
    return is_blank(text_.substr(terms_[i].end, terms_[i + 1].begin - terms_[i].end)) ? &terms_[i + 1] : nullptr;
  }

  void operators() {
    std::string query(text_);
    std::string_view first;
    for (const auto& term : terms_) {
      if (!is_word(term) || (term.value != "or" && term.value != "and" && term.value != "not" && term.value != "Or" &&
                             term.value != "And" && term.value != "Not"))
        continue;
      if (first.empty()) first = term.value;
      for (std::size_t at = term.begin; at < term.end; ++at) query[at] = static_cast<char>(query[at] & ~0x20);
    }
    if (!first.empty())
      out_.push_back({fmt::format("'{}' is looked for as a word: operators are in upper case", first), std::move(query), true});
    for (const auto& term : terms_)
      for (const std::string_view sign : {"||", "&&"})
        if (const auto at = text_.substr(term.begin, term.end - term.begin).find(sign); !term.is_quoted && at != std::string_view::npos)
          out_.push_back({fmt::format("'{}' is an operator between blanks only", sign),
                          with_part(text_, term.begin + at, term.begin + at + 2, fmt::format(" {} ", sign)), true});
  }

  /// "energy above 280", "after 2026-03-01 before 2027", "sample in (PS, PMMA)": all of them in one rewriting.
  void names_without_signs() {
    std::string query;
    std::size_t done = 0;
    std::string_view first;
    bool is_certain = false;
    for (std::size_t i = 0; i < terms_.size(); ++i) {
      const auto folded = fold_case(terms_[i].value);
      if (!is_word(terms_[i]) || !(is_field(folded) || is_name_(folded))) continue;
      const auto [part, end, has_sign_word] = signed_value(i);
      if (end == 0) continue;
      if (first.empty()) first = terms_[i].value;
      is_certain = is_certain || is_field(folded) || has_sign_word;
      query.append(text_.substr(done, terms_[i].begin - done)).append(part);
      done = end;
      while (i + 1 < terms_.size() && terms_[i + 1].begin < end) of_a_name_[++i] = true;
    }
    if (done == 0) return;
    query += text_.substr(done);
    out_.push_back({fmt::format("'{}' is looked for as a word: a name is followed by ':' or a comparison", printable(first, 40)),
                    std::move(query), is_certain});
  }

  /// The term that the word at `i` and those behind it may be, and where they end.
  struct Signed {
    std::string text;
    std::size_t end = 0;  ///< 0: there is none
    bool has_sign_word = false;
  };
  [[nodiscard]] Signed signed_value(std::size_t i) const {
    const auto name = text_.substr(terms_[i].begin, terms_[i].end - terms_[i].begin);
    const auto* next = neighbour(i);
    if (next == nullptr || !next->name.empty()) return {};
    const auto written = [&](const WrittenTerm& term) { return text_.substr(term.begin, term.end - term.begin); };
    const auto* const sign = is_word(*next) ? sign_word(next->value) : nullptr;
    if (sign == nullptr) return {fmt::format("{}:{}", name, written(*next)), next->end, false};
    const auto* value = neighbour(++i);
    if (value != nullptr && value->value == "than") value = neighbour(++i);
    if (value == nullptr || !value->name.empty()) {
      const auto rest = trimmed(text_.substr(next->end));
      const auto close = text_.find(')', next->end);
      if (!rest.starts_with('(') || close == text_.npos) return {};
      return {either(name, rest.substr(1, rest.find(')') - 1)), close + 1, true};
    }
    const std::string_view star = sign->is_part && value->value.find('*') == std::string::npos && !value->is_quoted ? "*" : "";
    return {fmt::format("{}{}{}{}{}", name, sign->sign, star, written(*value), star), value->end, true};
  }

  void of_word(std::size_t i) {
    const auto& term = terms_[i];
    const auto folded = fold_case(term.value);
    if (of_a_name_[i]) return;
    const auto* next = neighbour(i);
    if (next != nullptr && is_one_of(folded, kWithout))
      out_.push_back({fmt::format("'{}' is looked for as a word: NOT stands in front of what must not be", printable(term.value, 40)),
                      with_part(text_, term.begin, term.end, "NOT"), true});
    if (is_one_of(folded, kStatus))
      out_.push_back({fmt::format("'{}' is looked for in texts: how a run ended is its status", folded),
                      with_part(text_, term.begin, term.begin, "status:"), true});
    of_sign(term);
    of_time(i, next);
    if (term.value.size() < 32 && std::ranges::all_of(folded, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }))
      out_.push_back({"it may be the beginning of a uid", with_part(text_, term.begin, term.begin, "uid:"), false});
  }

  /// "energy~280"
  void of_sign(const WrittenTerm& term) {
    for (const auto sign : kAbout) {
      const auto at = term.value.find(sign);
      if (at == std::string::npos || at == 0) continue;
      const auto name = fold_case(term.value.substr(0, at));
      if (is_field(name) || is_name_(name))
        out_.push_back({fmt::format("'{}' is no sign here: values are compared by ':', '<' or '>'", sign),
                        with_part(text_, term.begin, term.end, fmt::format("{}:{}", name, term.value.substr(at + sign.size()))), true});
    }
  }

  void of_time(std::size_t i, const WrittenTerm* next) {
    const auto& term = terms_[i];
    std::size_t end = term.end;
    const auto sides = query::split_range(term.value);
    const bool is_year = term.value.size() == 4 && (term.value.starts_with("19") || term.value.starts_with("20"));
    auto span = query::parse_quantity(term.value) && !is_year ? std::nullopt : query::parse_time(term.value, context_);
    if (sides && query::parse_time(sides->first, context_) && query::parse_time(sides->second, context_))
      span = query::TimeSpan{0, 1, false};
    if (!span && next != nullptr && is_word(*next)) {
      span = query::parse_time(fmt::format("{} {}", term.value, next->value), context_);
      end = next->end;
    }
    if (!span) return;
    const auto time = text_.substr(term.begin, end - term.begin);
    out_.push_back({fmt::format("'{}' is looked for in texts: a time needs a name in front", printable(time, 40)),
                    with_part(text_, term.begin, term.begin, span->is_moment ? "after:" : "on:"), !is_year});
  }

  void of_comparison(std::size_t i) {
    const auto& term = terms_[i];
    if (term.is_quoted || term.value_at < term.begin) return;
    if (query::has_decimal_comma(term.value)) {
      std::string value = term.value;
      value[value.find(',')] = '.';
      out_.push_back(
          {fmt::format("'{}' is compared as text: decimals stand behind a point", printable(term.value, 40)), replaced(term, value), true});
    }
    if (term.is_equality) of_value(term);
    if (term.value.ends_with("..") && neighbour(i) != nullptr)
      out_.push_back({"both ends of a range stand side by side", with_part(text_, term.end, neighbour(i)->begin, ""), false});
    longer(i);
  }

  /// "energy:[280,290]", "energy:280±5", "energy:~280", "tag:!good", "tag:good,bad", "date:03/15/2026"
  void of_value(const WrittenTerm& term) {
    const std::string_view value = term.value;
    const auto as_one = fmt::format("'{}' is one value", printable(value, 40));
    const bool in_brackets =
        value.size() > 2 && ((value.front() == '[' && value.back() == ']') || (value.front() == '{' && value.back() == '}'));
    const auto inner = in_brackets ? value.substr(1, value.size() - 2) : value;
    const auto comma = inner.find_first_of(",;");
    const auto low = query::parse_quantity(inner.substr(0, comma));
    if (in_brackets && comma != inner.npos && low && query::parse_quantity(inner.substr(comma + 1)))
      out_.push_back(
          {as_one, replaced(term, fmt::format("{}..{}", trimmed(inner.substr(0, comma)), trimmed(inner.substr(comma + 1)))), true});
    else if (in_brackets || inner.find_first_of(",|") != inner.npos)
      out_.push_back({as_one, with_part(text_, term.begin, term.end, either(written_name(term), inner)), true});
    if (const auto range = more_or_less(value); !range.empty()) out_.push_back({as_one, replaced(term, range), true});
    for (const auto sign : kAbout)
      if (value.starts_with(sign)) out_.push_back({as_one, replaced(term, value.substr(sign.size())), true});
    if (value.starts_with('!') && value.size() > 1)
      out_.push_back(
          {as_one, with_part(text_, term.begin, term.end, fmt::format("-{}:{}", written_name(term), as_value(value.substr(1)))), true});
    if (query::value_kind(term.name, false) == query::ValueKind::date)
      for (const auto& date : dates_of(value, context_))
        out_.push_back({fmt::format("'{}' is no time here: the year stands first", printable(value, 40)), replaced(term, date), true});
  }

  /// "(tag:good OR tag:bad)" of "good,bad"
  [[nodiscard]] static std::string either(std::string_view name, std::string_view values) {
    std::string out;
    while (!values.empty()) {
      const auto comma = std::min(values.find_first_of(",|"), values.size());
      if (const auto value = trimmed(values.substr(0, comma)); !value.empty())
        out += fmt::format("{}{}:{}", out.empty() ? "" : " OR ", name, as_value(value));
      values.remove_prefix(std::min(comma + 1, values.size()));
    }
    return "(" + out + ")";
  }

  /// "operator:Jane Doe", "pressure>5 mtorr"
  void longer(std::size_t i) {
    std::vector<std::size_t> ends;
    for (std::size_t last = i; const auto* next = neighbour(last); ++last) {
      const auto folded = fold_case(next->value);
      if (!is_word(*next) || ends.size() == kMostWords || folded == "and" || folded == "or" || folded == "not") break;
      ends.push_back(next->end);
    }
    const bool is_text = query::value_kind(terms_[i].name, false) == query::ValueKind::text;
    for (auto end = ends.rbegin(); end != ends.rend(); ++end) {
      const auto value = text_.substr(terms_[i].value_at, *end - terms_[i].value_at);
      out_.push_back({"a value of several words stands in quotes", with_part(text_, terms_[i].value_at, *end, as_value(value)),
                      is_text && end == ends.rbegin()});
    }
  }

  [[nodiscard]] std::string written_name(const WrittenTerm& term) const {
    return term.is_path && query::value_kind(term.name, false) == query::ValueKind::text ? "\"" + term.name + "\"" : term.name;
  }
  [[nodiscard]] std::string replaced(const WrittenTerm& term, std::string_view value) const {
    return with_part(text_, term.value_at, term.end, value);
  }

  std::string_view text_;
  const std::vector<WrittenTerm>& terms_;
  const query::ParseContext& context_;
  const std::function<bool(std::string_view)>& is_name_;
  std::vector<bool> of_a_name_ = std::vector<bool>(terms_.size());  ///< words that are the value of a name in front
  std::vector<Rewrite> out_;
};

}  // namespace

std::string with_part(std::string_view text, std::size_t begin, std::size_t end, std::string_view part) {
  return fmt::format("{}{}{}", text.substr(0, begin), part, text.substr(std::min(end, text.size())));
}

std::string as_value(std::string_view text) {
  const bool is_plain = !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_-.*?").find(c) != std::string_view::npos || static_cast<unsigned char>(c) >= 0x80;
  });
  if (is_plain) return std::string(text);
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::vector<Rewrite> rewrites(std::string_view text, const std::vector<WrittenTerm>& terms, const query::ParseContext& context,
                              const std::function<bool(std::string_view)>& is_name) {
  return Rewriter(text, terms, context, is_name).all();
}

}  // namespace resonance::index
