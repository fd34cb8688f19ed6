#include "query/path_terms.hpp"

#include <fmt/format.h>

#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "base/fold_case.hpp"
#include "base/text.hpp"
#include "query/units.hpp"
#include "query/values.hpp"

namespace resonance::query {
namespace {

/// Both ends in the unit of the upper one.
void unify_units(const Source& source, const Comparison& comparison, QuantityRange& range) {
  if (!range.low || !range.high || range.low->unit == range.high->unit) return;
  const auto at = comparison.value.at;
  const auto factor = conversion(range.low->unit, range.high->unit);
  if (!factor)
    source.fail(at, fmt::format("expected one unit at both ends of the range, not '{}' and '{}'", printable(range.low->unit, 40),
                                printable(range.high->unit, 40)));
  range.low = Quantity{range.low->number * *factor, range.high->unit};
  if (!std::isfinite(range.low->number))
    source.fail(at, fmt::format("expected a smaller number behind '{}', not {}", comparison.shown, source.stands_at(at)));
}

void set_range(const Source& source, PathTerm& term, const Comparison& comparison) {
  auto range = parse_quantity_range(comparison.value.text);
  if (!range) range = parse_spelled_range(comparison.value.text);
  if (!range) return;
  unify_units(source, comparison, *range);
  const auto end = [](const std::optional<Quantity>& quantity) { return quantity ? std::optional(quantity->number) : std::nullopt; };
  term.interval = closed_interval(source, comparison.value.at, end(range->low), end(range->high));
  term.unit = range->high ? range->high->unit : range->low->unit;
}

/// "=": the text as it stands, or the number or the spelled range that it says; "a..b" is numbers alone.
Node equal_term(const Source& source, Path path, const Comparison& comparison) {
  const auto& value = comparison.value;
  PathTerm term{std::move(path), std::nullopt, {}, std::nullopt};
  if (value.wildcards.empty()) set_range(source, term, comparison);
  if (!term.interval || !split_range(value.text)) term.pattern = pattern_of(value);
  return Node{std::move(term)};
}

Node ordered_term(const Source& source, Path path, const Comparison& comparison) {
  const auto& value = comparison.value;
  const auto quantity = value.wildcards.empty() ? parse_quantity(value.text) : std::nullopt;
  if (!quantity) {
    const std::string_view why = has_decimal_comma(value.text)                            ? ": decimals stand behind a point"
                                 : value.text.ends_with(',') || value.text.ends_with(';') ? ": nothing but a blank stands between terms"
                                                                                          : "";
    source.fail(value.at, fmt::format("expected a number such as 280 or 280eV behind '{}', not {}{}", comparison.shown,
                                      source.stands_at(value.at), why));
  }
  return Node{PathTerm{std::move(path), compared_with(comparison.operation, quantity->number), quantity->unit, std::nullopt}};
}

Node unequal_term(const Source& source, const Path& path, const Comparison& comparison) {
  if (comparison.value.is_star())
    source.fail(comparison.value.at, fmt::format("expected a value behind '{}', not '*'; runs without any are found by -has:{}",
                                                 comparison.shown, comparison.name));
  AllOf both;
  both.nodes.push_back(Node{PathExistsTerm{path}});
  both.nodes.push_back(Node{Not{{equal_term(source, path, comparison)}}});
  return Node{std::move(both)};
}

}  // namespace

Path path_of(const Source& source, std::size_t at, std::string_view name) {
  std::string folded = fold_case(name);
  Path path;
  for (const auto& [prefix, where] :
       {std::pair<std::string_view, PathSource>{"metadata.", PathSource::metadata}, {"data.", PathSource::data}})
    if (folded.starts_with(prefix)) {
      path.source = where;
      folded.erase(0, prefix.size());
      break;
    }
  if (folded.empty())
    source.fail(at, fmt::format("expected the name of a value, as in metadata.edge or data.energy, not {}", source.stands_at(at)));
  path.name = std::move(folded);
  return path;
}

Node path_term(const Source& source, const Comparison& comparison) {
  Path path = path_of(source, comparison.at, comparison.name);
  switch (comparison.operation) {
    case Operator::none:
    case Operator::equal:
      if (comparison.value.is_star()) return Node{PathExistsTerm{std::move(path)}};
      return equal_term(source, std::move(path), comparison);
    case Operator::not_equal:
      return unequal_term(source, path, comparison);
    case Operator::less:
    case Operator::less_equal:
    case Operator::greater:
    case Operator::greater_equal:
      break;
  }
  return ordered_term(source, std::move(path), comparison);
}

}  // namespace resonance::query
