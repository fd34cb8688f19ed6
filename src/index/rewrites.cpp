#include "index/rewrites.hpp"

#include <fmt/format.h>

#include <algorithm>

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

/// Finds what to say about one query, kind by kind.
class Rewriter {
 public:
  Rewriter(std::string_view text, const std::vector<WrittenTerm>& terms, const query::ParseContext& context,
           const std::function<bool(std::string_view)>& is_name)
      : text_(text), terms_(terms), context_(context), is_name_(is_name) {}

  std::vector<Rewrite> all() && {
    operators();
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

  void of_word(std::size_t i) {
    const auto& term = terms_[i];
    const auto folded = fold_case(term.value);
    const auto* next = neighbour(i);
    const auto& fields = query::field_names();
    const bool is_field = std::ranges::find(fields, folded) != fields.end() || query::value_kind(folded, false) == query::ValueKind::date;
    if (next != nullptr && next->name.empty() && (is_field || is_name_(folded))) {
      out_.push_back({fmt::format("'{}' is looked for as a word: a name is followed by ':' or a comparison", printable(term.value, 40)),
                      with_part(text_, term.end, next->begin, ":"), is_field});
      return;
    }
    of_time(i, next);
    if (term.value.size() < 32 && std::ranges::all_of(folded, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }))
      out_.push_back({"it may be the beginning of a uid", with_part(text_, term.begin, term.begin, "uid:"), false});
  }

  void of_time(std::size_t i, const WrittenTerm* next) {
    const auto& term = terms_[i];
    std::size_t end = term.end;
    auto span = query::parse_quantity(term.value) ? std::nullopt : query::parse_time(term.value, context_);
    if (!span && next != nullptr && is_word(*next)) {
      span = query::parse_time(fmt::format("{} {}", term.value, next->value), context_);
      end = next->end;
    }
    if (!span) return;
    const auto time = text_.substr(term.begin, end - term.begin);
    out_.push_back({fmt::format("'{}' is looked for in texts: a time needs a name in front", printable(time, 40)),
                    with_part(text_, term.begin, term.begin, span->is_moment ? "after:" : "on:"), true});
  }

  void of_comparison(std::size_t i) {
    const auto& term = terms_[i];
    if (term.is_quoted || term.value_at < term.begin) return;
    if (query::has_decimal_comma(term.value)) {
      std::string value = term.value;
      value[value.find(',')] = '.';
      out_.push_back(
          {fmt::format("'{}' is compared as text: decimals stand behind a point", printable(term.value, 40)), replaced(term, value), true});
    } else if (term.is_equality && term.value.find(',') != std::string::npos) {
      list(term);
    }
    if (term.value.ends_with("..") && neighbour(i) != nullptr)
      out_.push_back({"both ends of a range stand side by side", with_part(text_, term.end, neighbour(i)->begin, ""), false});
    longer(i);
  }

  void list(const WrittenTerm& term) {
    std::string either;
    std::string_view rest = term.value;
    while (!rest.empty()) {
      const auto comma = std::min(rest.find(','), rest.size());
      if (!trimmed(rest.substr(0, comma)).empty())
        either += fmt::format("{}{}:{}", either.empty() ? "" : " OR ", written_name(term), as_value(trimmed(rest.substr(0, comma))));
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    out_.push_back(
        {fmt::format("'{}' is one value", printable(term.value, 40)), with_part(text_, term.begin, term.end, "(" + either + ")"), true});
  }

  /// "operator:Jane Doe", "pressure>5 mtorr"
  void longer(std::size_t i) {
    std::vector<std::size_t> ends;
    for (std::size_t last = i; const auto* next = neighbour(last); ++last) {
      if (!is_word(*next) || ends.size() == kMostWords) break;
      ends.push_back(next->end);
    }
    for (auto end = ends.rbegin(); end != ends.rend(); ++end) {
      const auto value = text_.substr(terms_[i].value_at, *end - terms_[i].value_at);
      out_.push_back({"a value of several words stands in quotes", with_part(text_, terms_[i].value_at, *end, as_value(value)), false});
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
