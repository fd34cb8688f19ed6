/// Comparisons with an end on both sides of a name.
#include <fmt/format.h>

#include <cmath>
#include <tuple>
#include <utility>

#include "base/text.hpp"
#include "query/fields.hpp"
#include "query/values.hpp"

namespace resonance::query {
namespace {

/// "280<energy<290eV": the unit of one end is also that of the other.
void share_unit(Comparison& one, Comparison& other) {
  const auto a = parse_quantity(one.value.text), b = parse_quantity(other.value.text);
  if (!a || !b || a->unit.empty() == b->unit.empty()) return;
  auto& bare = a->unit.empty() ? one : other;
  bare.value.text = fmt::format("{} {}", trimmed(bare.value.text), a->unit.empty() ? b->unit : a->unit);
}

Interval* interval_of(Node& node) {
  if (auto* number = std::get_if<NumberTerm>(&node.term)) return &number->interval;
  if (auto* time = std::get_if<TimeTerm>(&node.term)) return &time->interval;
  if (auto* path = std::get_if<PathTerm>(&node.term); path != nullptr && path->interval) return &*path->interval;
  return nullptr;
}

/// Both in the unit of the second.
bool unify(Node& one, const Node& other) {
  auto* a = std::get_if<PathTerm>(&one.term);
  const auto* b = std::get_if<PathTerm>(&other.term);
  if (a == nullptr || b == nullptr) return one.term.index() == other.term.index();
  if (a->unit == b->unit) return true;
  const auto factor = conversion(a->unit, b->unit);
  if (!factor) return false;
  for (auto* end : {&a->interval->low, &a->interval->high})
    if (*end && !std::isfinite(** end *= *factor)) return false;
  return true;
}

}  // namespace

Node two_sided_term(const Source& source, Comparison one, Comparison other, const ParseContext& context) {
  share_unit(one, other);
  Node first = comparison_term(source, one, context), out = comparison_term(source, other, context);
  auto *a = interval_of(first), *b = interval_of(out);
  if (a == nullptr || b == nullptr || !unify(first, out))
    source.fail(one.value.at, fmt::format("expected two ends of one kind around '{}'", printable(one.name, 40)));
  if (a->low) std::tie(b->low, b->low_open) = std::pair(a->low, a->low_open);
  if (a->high) std::tie(b->high, b->high_open) = std::pair(a->high, a->high_open);
  (void)closed_interval(source, one.value.at, b->low, b->high);  // checks their order
  return out;
}

}  // namespace resonance::query
