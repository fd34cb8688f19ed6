/// The query language as docs/search.md describes it, applied to one run in memory: no SQL, no tables, no full-text index.
/// Slow and simple on purpose, and written from the description alone, so that the index can be compared with it.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/fold_case.hpp"
#include "base/utf8.hpp"
#include "plain_run.hpp"
#include "query/expression.hpp"

namespace resonance::index_test {

// --- text -----------------------------------------------------------------------------------------------------------

/// The characters of a text, each as its bytes.
inline std::vector<std::string> characters_of(std::string_view text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < text.size(); at += out.back().size())
    out.emplace_back(text.substr(at, std::max<std::size_t>(1, utf8::sequence_length(text, at))));
  return out;
}

/// One position of a pattern: any number of characters, any single one, or a certain one.
struct GlobPart {
  enum { any, one, exact } kind = exact;
  std::string character;
};

inline std::vector<GlobPart> parts_of_glob(std::string_view glob) {
  const auto in = characters_of(glob);
  std::vector<GlobPart> out;
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (in[i] == "*" || in[i] == "?") {
      out.push_back({in[i] == "*" ? GlobPart::any : GlobPart::one, {}});
    } else if (in[i] == "[") {
      out.push_back({GlobPart::exact, in.at(i + 1)});  // the only brackets that a query makes: one sign in them
      i += 2;
    } else {
      out.push_back({GlobPart::exact, in[i]});
    }
  }
  return out;
}

/// Row by row: which beginnings of the text fit the first parts of the pattern.
inline bool fits_glob(std::string_view glob, std::string_view text) {
  const auto characters = characters_of(text);
  std::vector<bool> fits(characters.size() + 1, false);
  fits[0] = true;
  for (const auto& part : parts_of_glob(glob)) {
    std::vector<bool> next(fits.size(), false);
    for (std::size_t i = 0; i < fits.size(); ++i) {
      if (part.kind == GlobPart::any)
        next[i] = fits[i] || (i > 0 && next[i - 1]);
      else if (i > 0 && fits[i - 1])
        next[i] = part.kind == GlobPart::one || part.character == characters[i - 1];
    }
    fits = std::move(next);
  }
  return fits.back();
}

inline bool fits(const query::Pattern& pattern, std::string_view text) {
  const auto folded = fold_case(text);
  return pattern.wild ? fits_glob(pattern.glob, folded) : pattern.literal == folded;
}

// --- words ----------------------------------------------------------------------------------------------------------

/// A character without its accent, of those that random runs have; nothing for signs.
inline std::string word_character(const std::string& character) {
  static const std::map<std::string, std::string> special = {{"ü", "u"}, {"å", "a"}, {"ö", "o"}, {"ï", "i"},    {"é", "e"},
                                                             {"°", ""},  {"–", ""},  {"·", ""},  {"\u00a0", ""}};
  const auto folded = fold_case(character);
  if (const auto found = special.find(folded); found != special.end()) return found->second;
  const bool is_ascii = static_cast<unsigned char>(folded[0]) < 0x80;
  const bool is_word = (folded[0] >= 'a' && folded[0] <= 'z') || (folded[0] >= '0' && folded[0] <= '9');
  return !is_ascii || is_word ? folded : "";
}

inline std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> out(1);
  for (const auto& character : characters_of(text)) {
    const auto part = word_character(character);
    if (!part.empty())
      out.back() += part;
    else if (!out.back().empty())
      out.emplace_back();
  }
  if (out.back().empty()) out.pop_back();
  return out;
}

/// The words stand one behind the other in this one text.
inline bool has_phrase(std::string_view text, const query::WordsTerm& term) {
  const auto words = words_of(text), wanted = words_of(term.text);
  for (std::size_t first = 0; !wanted.empty() && first + wanted.size() <= words.size(); ++first) {
    bool is_there = true;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const bool may_go_on = term.prefix && i + 1 == wanted.size();
      is_there = is_there && (may_go_on ? words[first + i].starts_with(wanted[i]) : words[first + i] == wanted[i]);
    }
    if (is_there) return true;
  }
  return false;
}

inline void collect_texts(const Json& json, std::vector<std::string>& out) {
  if (json.is_string()) out.push_back(json.as_string());
  if (json.is_array())
    for (const auto& item : json.as_array()) collect_texts(item, out);
  if (json.is_object())
    for (const auto& [key, value] : json.as_object()) collect_texts(value, out);
}

/// Everything that is written about a run, but notes.
inline std::vector<std::string> texts_of(const PlainRun& run) {
  std::vector<std::string> out = run.all_tags();
  out.push_back(run.plan);
  if (run.operator_name) out.push_back(*run.operator_name);
  if (run.sample) {
    out.push_back(run.sample->name);
    out.push_back(run.sample->formula.value_or(""));
    out.push_back(run.sample->serial.value_or(""));
  }
  collect_texts(run.metadata, out);
  return out;
}

// --- numbers and units ----------------------------------------------------------------------------------------------

struct NumberRange {
  double low = 0, high = 0;
};

/// Those that random runs and queries have: what kind it is, and how many of that kind's unit.
inline std::pair<std::string, double> meaning_of(const std::string& unit) {
  static const std::map<std::string, std::pair<std::string, double>> known = {
      {"ev", {"eV", 1}},   {"kev", {"eV", 1e3}}, {"k", {"K", 1}},     {"mk", {"K", 1e-3}}, {"mm", {"m", 1e-3}},
      {"μm", {"m", 1e-6}}, {"um", {"m", 1e-6}},  {"nm", {"m", 1e-9}}, {"s", {"s", 1}},     {"min", {"s", 60}}};
  const auto found = known.find(fold_case(unit));
  return found == known.end() ? std::pair{"only " + unit, 1.0} : found->second;
}

/// A number to twelve digits: what two ways of converting it agree in.
inline double to_twelve_digits(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.12g", value);
  return std::strtod(text, nullptr);
}

inline bool overlap(const query::Interval& interval, const NumberRange& range) {
  const bool low_fits = !interval.low || (interval.low_open ? range.high > *interval.low : range.high >= *interval.low);
  return low_fits && (!interval.high || (interval.high_open ? range.low < *interval.high : range.low <= *interval.high));
}

inline bool overlap(const query::Interval& interval, const std::string& unit, const NumberRange& range, const std::string& range_unit) {
  if (unit.empty() || unit == range_unit) return overlap(interval, range);
  const auto [kind, factor] = meaning_of(unit);
  const auto [range_kind, range_factor] = meaning_of(range_unit);
  if (kind != range_kind || range_unit.empty()) return false;
  const auto in_base = [](double value, double times) { return to_twelve_digits(value * times); };
  query::Interval wanted = interval;
  if (wanted.low) wanted.low = in_base(*wanted.low, factor);
  if (wanted.high) wanted.high = in_base(*wanted.high, factor);
  return overlap(wanted, {in_base(range.low, range_factor), in_base(range.high, range_factor)});
}

// --- what was recorded ----------------------------------------------------------------------------------------------

struct PlainValue {
  bool is_metadata = false;
  std::string path;  ///< case folded
  std::variant<NumberRange, std::string> value;
  std::string unit;
};

inline void collect_values(const Json& json, const std::string& path, std::vector<PlainValue>& out) {
  const auto add = [&](std::variant<NumberRange, std::string> value, std::string unit = {}) {
    out.push_back({true, fold_case(path), std::move(value), std::move(unit)});
  };
  if (json.is_number()) add(NumberRange{json.as_double(), json.as_double()});
  if (json.is_bool()) add(json.as_bool() ? "true" : "false");
  if (json.is_string()) add(json.as_string());
  if (json.is_array())
    for (const auto& item : json.as_array()) collect_values(item, path, out);
  if (!json.is_object()) return;
  const auto* number = json.find("value");
  const auto* unit = json.find("units");
  if (!path.empty() && number != nullptr && number->is_number() && unit != nullptr && unit->is_string())
    add(NumberRange{number->as_double(), number->as_double()}, unit->as_string());
  for (const auto& [key, value] : json.as_object()) collect_values(value, path.empty() ? key : path + "." + key, out);
}

inline std::vector<PlainValue> values_of(const PlainRun& run) {
  std::vector<PlainValue> out;
  collect_values(run.metadata, "", out);
  for (const auto& key : run.keys) {
    if (key.values.empty()) continue;
    const auto [low, high] = std::ranges::minmax(key.values);
    out.push_back({false, fold_case(key.name), NumberRange{low, high}, key.unit});
  }
  return out;
}

inline bool is_at(const PlainValue& value, const query::Path& path) {
  const bool has_name = value.path == path.name;
  switch (path.source) {
    case query::PathSource::metadata:
      return value.is_metadata && has_name;
    case query::PathSource::data:
      return !value.is_metadata && has_name;
    case query::PathSource::any:
      break;
  }
  return has_name || (value.is_metadata && value.path.ends_with("." + path.name));
}

// --- terms ----------------------------------------------------------------------------------------------------------

class NaiveFilter {
 public:
  explicit NaiveFilter(const PlainRun& run) : run_(run), values_(values_of(run)), texts_(texts_of(run)) {}

  [[nodiscard]] bool fits(const query::Node& node) const {
    return std::visit([&](const auto& term) { return fits_term(term); }, node.term);
  }

 private:
  bool fits_term(const query::AllOf& all) const {
    return std::ranges::all_of(all.nodes, [&](const auto& node) { return fits(node); });
  }
  bool fits_term(const query::AnyOf& any) const {
    return std::ranges::any_of(any.nodes, [&](const auto& node) { return fits(node); });
  }
  bool fits_term(const query::Not& negated) const { return !fits(negated.node.front()); }

  [[nodiscard]] std::vector<std::string> texts_in(query::TextField field) const {
    const auto only = [](const std::optional<std::string>& text) { return text ? std::vector{*text} : std::vector<std::string>(); };
    switch (field) {
      case query::TextField::plan:
        return {run_.plan};
      case query::TextField::sample:
        return run_.sample ? std::vector{run_.sample->name} : std::vector<std::string>();
      case query::TextField::formula:
        return run_.sample ? only(run_.sample->formula) : std::vector<std::string>();
      case query::TextField::serial:
        return run_.sample ? only(run_.sample->serial) : std::vector<std::string>();
      case query::TextField::operator_name:
        return only(run_.operator_name);
      case query::TextField::status:
        return {run_.status.value_or("open")};
      case query::TextField::tag:
        return run_.all_tags();
      case query::TextField::beamtime:
        return {run_.beamtime, run_.db_path};
      case query::TextField::researcher:
        break;
    }
    return {run_.researcher};
  }
  bool fits_term(const query::TextTerm& term) const {
    return std::ranges::any_of(texts_in(term.field), [&](const auto& text) { return index_test::fits(term.pattern, text); });
  }

  [[nodiscard]] std::optional<double> number_in(query::NumberField field) const {
    switch (field) {
      case query::NumberField::scan_id:
        return run_.scan_id ? std::optional(static_cast<double>(*run_.scan_id)) : std::nullopt;
      case query::NumberField::num_events:
        return static_cast<double>(run_.num_events);
      case query::NumberField::num_frames:
        return static_cast<double>(run_.num_frames);
      case query::NumberField::bytes:
        return static_cast<double>(run_.bytes);
      case query::NumberField::duration:
        break;
    }
    return run_.time_stop ? std::optional(*run_.time_stop - run_.time_start) : std::nullopt;
  }
  bool fits_term(const query::NumberTerm& term) const {
    const auto number = number_in(term.field);
    return number && overlap(term.interval, {*number, *number});
  }
  bool fits_term(const query::TimeTerm& term) const { return overlap(term.interval, {run_.time_start, run_.time_start}); }

  bool fits_term(const query::PathTerm& term) const {
    return std::ranges::any_of(values_, [&](const PlainValue& value) {
      if (!is_at(value, term.path)) return false;
      if (const auto* range = std::get_if<NumberRange>(&value.value))
        return term.interval && overlap(*term.interval, term.unit, *range, value.unit);
      return term.pattern && index_test::fits(*term.pattern, std::get<std::string>(value.value));
    });
  }
  bool fits_term(const query::PathExistsTerm& term) const {
    return std::ranges::any_of(values_, [&](const auto& value) { return is_at(value, term.path); });
  }
  bool fits_term(const query::HasTerm& term) const {
    switch (term.thing) {
      case query::Thing::note:
        return !run_.notes.empty();
      case query::Thing::tag:
        return !run_.all_tags().empty();
      case query::Thing::sample:
        return run_.sample.has_value();
      case query::Thing::operator_name:
        return run_.operator_name.has_value();
      case query::Thing::frames:
        break;
    }
    return run_.num_frames > 0;
  }
  bool fits_term(const query::UidTerm& term) const { return run_.uid.starts_with(term.prefix); }
  bool fits_term(const query::WordsTerm& term) const {
    const auto is_in = [&](const std::vector<std::string>& texts) {
      return std::ranges::any_of(texts, [&](const auto& text) { return has_phrase(text, term); });
    };
    return is_in(run_.notes) || (!term.notes_only && is_in(texts_));
  }

  const PlainRun& run_;
  std::vector<PlainValue> values_;
  std::vector<std::string> texts_;
};

}  // namespace resonance::index_test
