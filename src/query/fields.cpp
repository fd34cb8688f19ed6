#include "query/fields.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>
#include <utility>

#include "base/fold_case.hpp"
#include "base/text.hpp"
#include "query/path_terms.hpp"
#include "query/times.hpp"
#include "query/values.hpp"
#include "query/words.hpp"

namespace resonance::query {
namespace {

struct Request {
  const Source& source;
  const Comparison& term;
  const ParseContext& context;

  [[noreturn]] void expected(std::string_view what) const {
    source.fail(term.value.at, fmt::format("expected {} behind '{}', not {}", what, term.shown, source.stands_at(term.value.at)));
  }
  [[noreturn]] void expected_operator(std::string_view which) const {
    source.fail(term.operator_at, fmt::format("expected {} behind '{}', not {}", which, term.name, source.stands_at(term.operator_at)));
  }
  void only_equal() const {
    if (term.operation != Operator::equal) expected_operator("':'");
  }
};

template <class Field>
struct Named {
  std::string_view name;
  Field field;
};

constexpr Named<TextField> kTextFields[] = {
    {"plan", TextField::plan},     {"sample", TextField::sample},          {"formula", TextField::formula},
    {"serial", TextField::serial}, {"operator", TextField::operator_name}, {"status", TextField::status},
    {"tag", TextField::tag},       {"beamtime", TextField::beamtime},      {"researcher", TextField::researcher}};
constexpr Named<NumberField> kNumberFields[] = {{"scan_id", NumberField::scan_id},   {"scan", NumberField::scan_id},
                                                {"events", NumberField::num_events}, {"frames", NumberField::num_frames},
                                                {"bytes", NumberField::bytes},       {"duration", NumberField::duration}};
constexpr Named<Thing> kThings[] = {{"note", Thing::note},    {"notes", Thing::note},    {"tag", Thing::tag},
                                    {"tags", Thing::tag},     {"sample", Thing::sample}, {"operator", Thing::operator_name},
                                    {"frame", Thing::frames}, {"frames", Thing::frames}};
constexpr std::string_view kTimeFields[] = {"after", "since", "before", "until", "on"};
/// What people call the time of a run's start. With a time behind them they mean that, and what was recorded under such a name.
constexpr std::string_view kDateNames[] = {"date", "day", "time", "start", "started", "start_time", "time_start"};

template <class Field, std::size_t count>
std::optional<Field> field_of(const Named<Field> (&fields)[count], std::string_view name) {
  const auto found = std::ranges::find(fields, name, &Named<Field>::name);
  return found == std::end(fields) ? std::nullopt : std::optional(found->field);
}

/// "!=": there is a value, and it is not that one.
Node other_than(Node anything, Node equal) {
  AllOf both;
  both.nodes.push_back(std::move(anything));
  Not different;
  different.node.push_back(std::move(equal));
  both.nodes.push_back(Node{std::move(different)});
  return Node{std::move(both)};
}

// What other programs wrote as a status can be anything, so a word in quotes is not checked.
void check_status(const Request& request, const Pattern& pattern) {
  constexpr std::string_view kKnown[] = {"success", "aborted", "failed", "open"};
  if (pattern.wild || request.term.value.quoted || std::ranges::find(kKnown, pattern.literal) != std::end(kKnown)) return;
  request.expected("success, aborted, failed or open (or another program's word in quotes)");
}

Node text_term(const Request& request, TextField field) {
  if (request.term.operation != Operator::equal && request.term.operation != Operator::not_equal)
    request.expected_operator("':', '=' or '!='");
  const Pattern pattern = pattern_of(request.term.value);
  if (pattern.literal.empty()) request.expected("text");
  if (field == TextField::status) check_status(request, pattern);
  Node equal{TextTerm{field, pattern}};
  if (request.term.operation == Operator::equal) return equal;
  return other_than(Node{TextTerm{field, {"*", "*", true}}}, std::move(equal));
}

std::optional<double> bytes_of_unit(std::string_view unit) {
  constexpr Named<double> kUnits[] = {{"", 1},
                                      {"b", 1},
                                      {"kb", 1e3},
                                      {"mb", 1e6},
                                      {"gb", 1e9},
                                      {"tb", 1e12},
                                      {"kib", 1024},
                                      {"mib", 1024 * 1024.0},
                                      {"gib", 1073741824.0},
                                      {"tib", 1099511627776.0}};
  return field_of(kUnits, fold_case(unit));
}

double bytes_in_unit(const Request& request, const Quantity& quantity) {
  const auto factor = bytes_of_unit(quantity.unit);
  if (!factor) request.expected("bytes, or a number with B, KB, MB, GB, TB, KiB, MiB, GiB or TiB");
  return *factor;
}

double seconds_in_unit(const Request& request, const Quantity& quantity) {
  const auto seconds = quantity.unit.empty() ? std::optional(1.0) : seconds_of_unit(quantity.unit);
  if (!seconds) request.expected("seconds, or a number with s, min, h or d");
  return *seconds;
}

double number_of(const Request& request, NumberField field, const Quantity& quantity) {
  double factor = 1;
  if (field == NumberField::bytes)
    factor = bytes_in_unit(request, quantity);
  else if (field == NumberField::duration)
    factor = seconds_in_unit(request, quantity);
  else if (!quantity.unit.empty())
    request.expected("a number without a unit");
  const double number = quantity.number * factor;
  if (!std::isfinite(number)) request.expected("a smaller number");
  return number;
}

std::string_view example_of(NumberField field) {
  if (field == NumberField::bytes) return "a number such as 500MB, 1GB..2GB or 1GB..";
  return field == NumberField::duration ? "a number such as 90s, 1min..10min or 2h.." : "a number such as 42, 10..20 or 10..";
}

Interval number_interval(const Request& request, NumberField field) {
  const auto& [text, wildcards, quoted, at] = request.term.value;
  const bool is_equality = request.term.operation == Operator::equal || request.term.operation == Operator::not_equal;
  if (request.term.value.is_star() && request.term.operation == Operator::equal) return {};
  if (!is_equality) {
    const auto quantity = parse_quantity(text);
    if (!quantity) request.expected(split_range(text) ? "one number" : "a number");
    return compared_with(request.term.operation, number_of(request, field, *quantity));
  }
  auto range = wildcards.empty() ? parse_quantity_range(text) : std::nullopt;
  if (!range && wildcards.empty()) range = parse_spelled_range(text);
  if (!range) request.expected(example_of(field));
  const auto end = [&](const std::optional<Quantity>& quantity) {
    return quantity ? std::optional(number_of(request, field, *quantity)) : std::nullopt;
  };
  return closed_interval(request.source, at, end(range->low), end(range->high));
}

Node number_term(const Request& request, NumberField field) {
  Node equal{NumberTerm{field, number_interval(request, field)}};
  if (request.term.operation != Operator::not_equal) return equal;
  return other_than(Node{NumberTerm{field, {}}}, std::move(equal));
}

/// "on:": a stretch that has a name, or from one to another; nothing for what is none.
std::optional<Interval> stretch(const Request& request) {
  const auto& value = request.term.value;
  const auto sides = split_range(value.text);
  if (!sides) {
    const auto span = parse_time(value.text, request.context);
    if (!span || span->is_moment) return std::nullopt;
    return Interval{span->begin, span->end, false, true};
  }
  const auto first = parse_time(sides->first, request.context), last = parse_time(sides->second, request.context);
  if ((!sides->first.empty() && !first) || (!sides->second.empty() && !last) || (!first && !last)) return std::nullopt;
  if (first && last && first->begin > last->begin)
    request.source.fail(value.at, "the ends of the range are swapped: expected the earlier one first");
  Interval interval;
  if (first) interval.low = first->begin;
  if (last) interval.high = last->end;
  interval.high_open = last && !last->is_moment;
  return interval;
}

Node time_term(const Request& request, std::string_view field) {
  request.only_equal();
  if (field == "on") {
    const auto interval = stretch(request);
    if (!interval) request.expected("a day, a month or a minute such as 2026-03-01, 2026-03 or yesterday");
    return Node{TimeTerm{*interval}};
  }
  const auto span = parse_time(request.term.value.text, request.context);
  if (!span) request.expected("a time such as 2026-03-01 or yesterday");
  const bool is_after = field == "after" || field == "since";
  return Node{TimeTerm{compared_with(is_after ? Operator::greater_equal : Operator::less, span->begin)}};
}

/// "date>2026-03-01": behind all of that day; "date<=2026-03-01": up to its end. Nothing where the value is a number, or no time.
std::optional<Interval> compared_with_time(const Request& request) {
  const auto& value = request.term.value;
  const auto operation = request.term.operation;
  if (!value.wildcards.empty() || parse_quantity(value.text) || operation == Operator::not_equal) return std::nullopt;
  if (operation == Operator::equal) return stretch(request);
  const auto span = parse_time(value.text, request.context);
  if (!span) return std::nullopt;
  const bool is_behind = operation == Operator::greater && !span->is_moment;
  const bool is_up_to = operation == Operator::less_equal && !span->is_moment;
  if (is_behind) return compared_with(Operator::greater_equal, span->end);
  return is_up_to ? compared_with(Operator::less, span->end) : compared_with(operation, span->begin);
}

std::optional<Node> date_term(const Request& request) {
  const auto interval = compared_with_time(request);
  if (!interval) return std::nullopt;
  Node time{TimeTerm{*interval}};
  if (request.term.operation != Operator::equal) return time;
  AnyOf either;
  either.nodes.push_back(std::move(time));
  either.nodes.push_back(path_term(request.source, request.term));
  return Node{std::move(either)};
}

Node uid_term(const Request& request) {
  request.only_equal();
  const auto& value = request.term.value;
  std::string prefix = fold_case(value.text);
  if (!value.wildcards.empty() && prefix.ends_with('*')) prefix.pop_back();  // it is a prefix anyway
  std::erase(prefix, '-');                                                   // as uids are written elsewhere
  const bool is_hex = std::ranges::all_of(prefix, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  if (prefix.empty() || prefix.size() > 32 || !is_hex) request.expected("1 to 32 hexadecimal digits");
  return Node{UidTerm{std::move(prefix)}};
}

Node has_term(const Request& request) {
  request.only_equal();
  const auto& value = request.term.value;
  if (value.text.empty() || !value.wildcards.empty())
    request.expected("note, tag, sample, operator, frames, or the name of a value, without wildcards");
  const auto thing = value.quoted ? std::nullopt : field_of(kThings, fold_case(value.text));
  if (thing) return Node{HasTerm{*thing}};
  return Node{PathExistsTerm{path_of(request.source, value.at, value.text)}};
}

Node note_term(const Request& request) {
  request.only_equal();
  if (request.term.value.is_star()) return Node{HasTerm{Thing::note}};
  return Node{words_term(request.source, request.term.value, true)};
}

}  // namespace

UnitWord unit_word_of(ValueKind kind, std::string_view word) {
  if (kind == ValueKind::value || kind == ValueKind::date) return unit_word(word);
  const bool fits = (kind == ValueKind::bytes && bytes_of_unit(word)) || (kind == ValueKind::seconds && seconds_of_unit(word));
  return fits ? UnitWord::yes : UnitWord::no;
}

Node comparison_term(const Source& source, const Comparison& comparison, const ParseContext& context) {
  const Request request{source, comparison, context};
  const std::string name = fold_case(comparison.name);
  if (!comparison.is_quoted) {
    if (const auto field = field_of(kTextFields, name)) return text_term(request, *field);
    if (const auto field = field_of(kNumberFields, name)) return number_term(request, *field);
    if (std::ranges::find(kTimeFields, name) != std::end(kTimeFields)) return time_term(request, name);
    if (name == "uid") return uid_term(request);
    if (name == "has") return has_term(request);
    if (name == "note") return note_term(request);
    if (std::ranges::find(kDateNames, name) != std::end(kDateNames))
      if (auto node = date_term(request)) return std::move(*node);
  }
  return path_term(source, comparison);
}

ValueKind value_kind(std::string_view given, bool is_quoted) {
  const std::string name = fold_case(given);
  if (is_quoted) return ValueKind::value;
  if (const auto field = field_of(kNumberFields, name))
    return *field == NumberField::bytes ? ValueKind::bytes : *field == NumberField::duration ? ValueKind::seconds : ValueKind::count;
  if (std::ranges::find(kTimeFields, name) != std::end(kTimeFields)) return ValueKind::time;
  if (std::ranges::find(kDateNames, name) != std::end(kDateNames)) return ValueKind::date;
  const bool is_text = field_of(kTextFields, name) || name == "uid" || name == "has" || name == "note";
  return is_text ? ValueKind::text : ValueKind::value;
}

const std::vector<std::string_view>& field_names() {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> out{"uid", "has", "note"};
    for (const auto& field : kTextFields) out.push_back(field.name);
    for (const auto& field : kNumberFields) out.push_back(field.name);
    out.insert(out.end(), std::begin(kTimeFields), std::end(kTimeFields));
    return out;
  }();
  return names;
}

}  // namespace resonance::query
