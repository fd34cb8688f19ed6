#include "index/selection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace resonance::index {

using namespace query;

namespace {

constexpr std::uint64_t kFew = 10'000;
constexpr std::uint64_t kPage = 50;

/// Runs with a word, in a time, of a plan: each once. Of values and tags a run may have several that fit.
bool gives_each_once(const Node& node) {
  const auto* text = std::get_if<TextTerm>(&node.term);
  return (text != nullptr && text->field != TextField::tag) || std::holds_alternative<TimeTerm>(node.term) ||
         std::holds_alternative<NumberTerm>(node.term) || std::holds_alternative<UidTerm>(node.term) ||
         std::holds_alternative<WordsTerm>(node.term);
}

/// Levels of terms within terms.
std::size_t depth(const Node& node) {
  const std::vector<Node>* children = nullptr;
  if (const auto* all = std::get_if<AllOf>(&node.term)) children = &all->nodes;
  if (const auto* any = std::get_if<AnyOf>(&node.term)) children = &any->nodes;
  if (const auto* negated = std::get_if<Not>(&node.term)) children = &negated->node;
  std::size_t out = 0;
  if (children != nullptr)
    for (const auto& child : *children) out = std::max(out, 1 + depth(child));
  return out;
}

/// SQLite's parser has little room for what is open: in front of the deepest part, nothing is but its parentheses.
std::vector<const Node*> deepest_first(const std::vector<Node>& nodes) {
  std::vector<const Node*> out;
  for (const auto& node : nodes) out.push_back(&node);
  std::stable_sort(out.begin(), out.end(), [](const Node* a, const Node* b) { return depth(*a) > depth(*b); });
  return out;
}

bool is_term(const Node& node) {
  return !std::holds_alternative<AllOf>(node.term) && !std::holds_alternative<AnyOf>(node.term) && !std::holds_alternative<Not>(node.term);
}

}  // namespace

/// Where one run of n fits, a walk along all of them looks at about n * 50 for a page; listing looks at total / n. They cost the
/// same where total / n is the root of 50 * total; twice that, because further terms make the walk longer, but not the list.
std::uint64_t Selector::few() {
  if (limits_.few) return *limits_.few;
  const auto total = static_cast<double>(connection_.query_int("SELECT max(run) FROM search_runs"));
  return std::clamp(static_cast<std::uint64_t>(std::sqrt(2.0 * kPage * total)), std::uint64_t{500}, kFew);
}

std::uint64_t Selector::count(const Sql& sql, std::uint64_t limit) {
  Sql counting("SELECT count(*) FROM (SELECT 1 FROM (");
  counting += sql;
  counting += ") LIMIT ?";
  counting.values.emplace_back(static_cast<std::int64_t>(limit) + 1);
  counting += ")";
  auto statement = counting.prepare(connection_);
  return statement.step() ? statement.count(0) : 0;
}

Sql Selector::test(const Node& node) {
  if (const auto* all = std::get_if<AllOf>(&node.term)) {
    std::vector<Sql> parts;
    for (const auto* child : deepest_first(all->nodes)) parts.push_back(test(*child));
    return parts.empty() ? Sql("1") : joined(parts, " AND ");
  }
  if (const auto* any = std::get_if<AnyOf>(&node.term)) {
    std::vector<Sql> parts;
    for (const auto* child : deepest_first(any->nodes)) parts.push_back(test(*child));
    return parts.empty() ? Sql("0") : joined(parts, " OR ");
  }
  if (const auto* negated = std::get_if<Not>(&node.term)) {
    Sql out("(");
    out += test(negated->node.front());
    out += ") IS NOT TRUE";  // a run without such a value does not have this one
    return out;
  }
  if (const auto* words = std::get_if<WordsTerm>(&node.term)) {
    const auto source = terms_.source(*words);
    return terms_.test(*words, count(*source, limits_.listed_words) <= limits_.listed_words);
  }
  return std::visit(
      [&](const auto& term) -> Sql {
        if constexpr (requires { terms_.test(term); })
          return terms_.test(term);
        else
          return Sql("1");
      },
      node.term);
}

std::optional<Selector::Source> Selector::source_of_all(const AllOf& all, std::uint64_t limit) {
  std::optional<Source> best;
  for (const auto& child : all.nodes) {
    auto found = source(child, best ? best->count : limit);
    if (found && (!best || found->count < best->count)) best = std::move(found);
    if (best && best->count < 100) break;
  }
  return best;
}

std::optional<Selector::Source> Selector::source_of_any(const AnyOf& any, std::uint64_t limit) {
  Source out;
  for (const auto& child : any.nodes) {
    auto found = source(child, limit);
    if (!found || (out.count += found->count) > limit) return std::nullopt;
    if (!out.sql.text.empty()) out.sql += " UNION ALL ";
    out.sql += "SELECT run FROM (";
    out.sql += found->sql;
    out.sql += ")";
  }
  return out.sql.text.empty() ? std::nullopt : std::optional(std::move(out));
}

std::optional<Selector::Source> Selector::source(const Node& node, std::uint64_t limit) {
  if (const auto* all = std::get_if<AllOf>(&node.term)) return source_of_all(*all, limit);
  if (const auto* any = std::get_if<AnyOf>(&node.term)) return source_of_any(*any, limit);
  auto sql = std::visit(
      [&](const auto& term) -> std::optional<Sql> {
        if constexpr (requires { terms_.source(term); })
          return terms_.source(term);
        else
          return std::nullopt;
      },
      node.term);
  if (!sql) return std::nullopt;
  const auto rows = count(*sql, limit);
  if (rows > limit) return std::nullopt;
  return Source{std::move(*sql), rows, gives_each_once(node)};
}

/// Of the terms that ask for one value of a column, the one with the fewest runs.
std::optional<Terms::Column> Selector::walk_column(const Node& query) {
  std::vector<const TextTerm*> candidates;
  if (const auto* term = std::get_if<TextTerm>(&query.term)) candidates.push_back(term);
  if (const auto* all = std::get_if<AllOf>(&query.term))
    for (const auto& child : all->nodes)
      if (const auto* term = std::get_if<TextTerm>(&child.term)) candidates.push_back(term);
  std::optional<Terms::Column> best;
  std::uint64_t fewest = limits_.many_for_all;
  for (const auto* term : candidates) {
    const auto column = terms_.single(*term);
    if (!column) continue;
    const auto rows = candidates.size() == 1 ? 0 : count(*terms_.source(*term), fewest);
    if (!best || rows < fewest) {
      best = column;
      fewest = rows;
    }
  }
  return best;
}

Selection Selector::select(const Node& query, Purpose purpose) {
  Selection out;
  const auto* all = std::get_if<AllOf>(&query.term);
  if (auto listed = source(query, purpose == Purpose::first_by_time ? few() : limits_.many_for_all)) {
    out.from = Sql(listed->unique ? "FROM (SELECT run FROM (" : "FROM (SELECT DISTINCT run FROM (");
    out.from += listed->sql;
    const bool alone = is_term(query);                                            // nothing more is asked of the run than what is counted
    out.from += fmt::format(")) s CROSS JOIN search_runs r {} ON r.run = s.run",  // CROSS JOIN: in this order
                            alone && purpose == Purpose::facets ? "INDEXED BY idx_search_runs_facets" : "");
    if (alone && listed->unique) out.exact = listed->sql;
    if (!alone) out.where = test(query);  // of a single term, the source is the answer
    return out;
  }
  if (all == nullptr || !all->nodes.empty()) out.where = test(query);
  if (purpose != Purpose::first_by_time) {
    out.from = Sql("FROM search_runs r");
    return out;
  }
  const auto column = walk_column(query);
  out.from = Sql(fmt::format("FROM search_runs r INDEXED BY {}", column ? column->index : "idx_search_runs_time"));
  if (column) {
    Sql where(fmt::format("r.{} = ?", column->name), column->id);
    where += " AND (";
    where += out.where;
    where += ")";
    out.where = std::move(where);
  }
  return out;
}

std::string words_to_rank(const Node& query) {
  std::vector<const WordsTerm*> words;
  if (const auto* term = std::get_if<WordsTerm>(&query.term)) words.push_back(term);
  if (const auto* all = std::get_if<AllOf>(&query.term))
    for (const auto& child : all->nodes)
      if (const auto* term = std::get_if<WordsTerm>(&child.term)) words.push_back(term);
  std::string out;
  for (const auto* term : words) out += (out.empty() ? "" : " AND ") + Terms::match(*term);
  return out;
}

}  // namespace resonance::index
