#include "index/explain.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/edit_distance.hpp"
#include "base/fold_case.hpp"
#include "base/text.hpp"
#include "index/terms.hpp"
#include "query/fields.hpp"
#include "query/render.hpp"
#include "query/times.hpp"
#include "resonance/error.hpp"

namespace resonance::index {

using namespace query;

namespace {

constexpr std::size_t kMostHints = 6, kMostTried = 32, kMostTerms = 16;
constexpr std::int64_t kMostNames = 20'000;   // that are compared with one that is mistyped
constexpr std::int64_t kMostValues = 50'000;  // that are looked at to say what there is

std::string runs(std::uint64_t count) { return fmt::format("{} run{}", count, count == 1 ? "" : "s"); }

/// Names that a field of runs has, of one kind: what they are called, and how.
const char* names_sql(TextField field) {
  switch (field) {
    case TextField::plan:
      return "SELECT name FROM search_names WHERE kind = 'plan' LIMIT ?";
    case TextField::sample:
      return "SELECT name FROM search_names WHERE kind = 'sample' LIMIT ?";
    case TextField::operator_name:
      return "SELECT name FROM search_names WHERE kind = 'operator' LIMIT ?";
    case TextField::status:
      return "SELECT name FROM search_names WHERE kind = 'status' LIMIT ?";
    case TextField::tag:
      return "SELECT name FROM search_names WHERE kind = 'tag' LIMIT ?";
    case TextField::beamtime:
      return "SELECT label FROM beamtimes LIMIT ?";
    case TextField::researcher:
      return "SELECT name FROM researchers LIMIT ?";
    case TextField::formula:
      return "SELECT DISTINCT formula FROM search_samples WHERE formula IS NOT NULL LIMIT ?";
    case TextField::serial:
      break;
  }
  return "SELECT DISTINCT serial FROM search_samples WHERE serial IS NOT NULL LIMIT ?";
}

}  // namespace

std::uint64_t Explainer::count(const Node& node) { return count_of(connection_, limits_, node); }

void Explainer::say(std::string hint) {
  if (hints_.size() < kMostHints && std::ranges::find(hints_, hint) == hints_.end()) hints_.push_back(std::move(hint));
}

void Explainer::suggest(const std::vector<Rewrite>& all) {
  for (const auto& [why, query, is_certain] : all) {
    if (hints_.size() >= kMostHints || ++tried_ > kMostTried) return;
    try {
      const auto found = count(parse_query(query, context_));
      if (found > 0)
        say(fmt::format("{}; {} finds {}", why, printable(query, 200), runs(found)));
      else if (is_certain)
        say(fmt::format("{}; that is {}", why, printable(query, 200)));
    } catch (const Error& error) {  // it is none that can be asked
      if (error.code() != ErrorCode::invalid_argument) throw;
    }
  }
}

bool Explainer::is_value(const Path& path) { return count(Node{PathExistsTerm{path}}) > 0; }

bool Explainer::is_value_name(std::string_view name) { return is_value(Path{PathSource::any, std::string(name)}); }

/// What fields are called elsewhere.
std::string_view field_called(std::string_view folded) {
  constexpr std::pair<std::string_view, std::string_view> kNames[] = {{"user", "operator"},
                                                                      {"scientist", "operator"},
                                                                      {"who", "operator"},
                                                                      {"person", "operator"},
                                                                      {"pi", "researcher"},
                                                                      {"comment", "note"},
                                                                      {"comments", "note"},
                                                                      {"remark", "note"},
                                                                      {"size", "bytes"},
                                                                      {"length", "duration"},
                                                                      {"exit_status", "status"},
                                                                      {"exit", "status"},
                                                                      {"material", "sample"},
                                                                      {"scan_type", "plan"},
                                                                      {"plan_name", "plan"},
                                                                      {"type", "plan"},
                                                                      {"year", "on"},
                                                                      {"month", "on"},
                                                                      {"id", "scan"},
                                                                      {"run", "scan"},
                                                                      {"num_events", "events"},
                                                                      {"points", "events"},
                                                                      {"images", "frames"},
                                                                      {"num_frames", "frames"},
                                                                      {"proposal", "beamtime"},
                                                                      {"when", "on"},
                                                                      {"from", "since"},
                                                                      {"to", "until"}};
  const auto* const found = std::ranges::find(kNames, folded, &std::pair<std::string_view, std::string_view>::first);
  return found == std::end(kNames) ? std::string_view() : found->second;
}

/// "smaple:x": names of fields and of values that are spelled nearly like it.
void Explainer::look_for_name(const WrittenTerm& term) {
  const auto why = fmt::format("no run has a value named '{}'", printable(term.name, 40));
  const auto folded = fold_case(term.name);
  Nearest nearest(folded);
  for (const auto field : field_names())
    if (folded.starts_with(field) || edit_distance(folded, field) * 3 <= folded.size() + 1) nearest.offer(field);
  std::string longer;  // the shortest name that begins like this
  auto names = connection_.prepare("SELECT folded, leaf FROM search_paths LIMIT ?");
  names.bind(1, kMostNames);
  while (names.step())
    for (const auto name : {names.text(0), names.text(1)})
      if (folded.size() > 1 && name.starts_with(folded) && (longer.empty() || name.size() < longer.size()))
        longer = name;
      else
        nearest.offer(name);
  const auto called = field_called(folded);
  const auto best = !called.empty() ? called : std::string_view(longer.empty() ? nearest.best() : longer);
  if (query::value_kind(folded, false) == ValueKind::date && !term.value.empty())
    return say(fmt::format("'{}' is no time here: times are written as in 2026-03-15, 2026-03, \"2026-03-15 19:43\", yesterday or 2h",
                           printable(term.value, 40)));
  if (best.empty() || best == folded) return say(why);
  const auto asked = fmt::format("{}; did you mean {}?", why, best);
  if (text_.compare(term.begin, term.name.size(), term.name) != 0) return say(asked);  // it is in quotes
  const std::size_t before = hints_.size();
  suggest({{why, with_part(text_, term.begin, term.begin + term.name.size(), best), false}});
  if (hints_.size() == before) say(asked);
}

/// What there is under the name: numbers, each unit by itself, or texts.
void Explainer::look_at_value(const WrittenTerm& term, const PathTerm& path) {
  const char* const kSql =
      "SELECT u.name, min(low), max(high), group_concat(DISTINCT CASE WHEN high IS NULL AND length(low) < 40 THEN low END) FROM "
      "(SELECT v.low, v.high, v.unit FROM search_values v JOIN search_paths p ON p.id = v.path WHERE (p.folded = ?1 OR p.leaf = ?1) AND "
      "(?2 = '' OR p.source = ?2) LIMIT ?3) LEFT JOIN search_names u ON u.id = unit GROUP BY unit, high IS NULL LIMIT 4";
  constexpr std::string_view kSources[] = {"", "metadata", "data"};
  auto rows = connection_.prepare(kSql);
  rows.bind(1, path.path.name);
  rows.bind(2, kSources[static_cast<std::size_t>(path.path.source)]);
  rows.bind(3, kMostValues);
  std::vector<std::string> have;
  while (rows.step()) {
    if (rows.type(2) == sqlite::ColumnType::null) {
      have.push_back(fmt::format("one of the texts {}", printable(rows.text(3), 100)));
    } else {
      const auto unit = rows.type(0) == sqlite::ColumnType::null ? std::string() : " " + rows.string(0);
      have.push_back(rows.real(1) == rows.real(2) ? fmt::format("{}{}", shortest(rows.real(1)), unit)
                                                  : fmt::format("{} to {}{}", shortest(rows.real(1)), shortest(rows.real(2)), unit));
    }
  }
  if (!have.empty()) say(fmt::format("in these runs {} is {}", printable(term.name, 40), fmt::join(have, ", or ")));
}

/// "sample:PS" where there is a "PS-b-PMMA 1", or a "PSS".
void Explainer::look_for_text(const WrittenTerm& term, const TextTerm& text) {
  if (text.pattern.wild || !term.is_equality) return;
  const auto why = fmt::format("no {} is '{}'", fold_case(term.name), printable(term.value, 40));
  const auto replaced = [&](std::string_view value) { return with_part(text_, term.value_at, term.end, as_value(value)); };
  Nearest nearest(text.pattern.literal);
  auto names = connection_.prepare(names_sql(text.field));
  names.bind(1, kMostNames);
  while (names.step()) {
    const auto folded = fold_case(names.text(0));
    if (folded.size() < 200) nearest.offer(names.text(0), edit_distance(folded, text.pattern.literal.substr(0, 200)));
  }
  std::vector<Rewrite> tries{{why, replaced(fmt::format("*{}*", term.value)), false}};
  if (!nearest.best().empty()) tries.push_back({why, replaced(nearest.best()), false});
  const std::size_t before = hints_.size();
  suggest(tries);
  if (hints_.size() > before) return;
  std::vector<std::string> have;
  auto some = connection_.prepare(names_sql(text.field));
  some.bind(1, std::int64_t{kMostHints});
  while (some.step()) have.push_back(printable(some.text(0), 40));
  say(have.empty() ? fmt::format("no run has a {}", fold_case(term.name))
                   : fmt::format("{}; there {} {}{}", why, have.size() == 1 ? "is" : "are", fmt::join(have, ", "),
                                 have.size() == kMostHints ? ", \u2026" : ""));
}

/// "duration>1h": from what to what there is.
void Explainer::look_at_number(const WrittenTerm& term, const NumberTerm& number) {
  const auto* const column = number_sql(number.field);
  auto row = connection_.prepare(fmt::format("SELECT min({0}), max({0}) FROM search_runs r", column));
  if (!row.step() || row.type(0) == sqlite::ColumnType::null) return;
  const auto low = shortest(row.real(0)), high = shortest(row.real(1));
  say(fmt::format("in these runs {} is {}{}", fold_case(term.name), low == high ? low : fmt::format("{} to {}", low, high),
                  number.field == NumberField::duration ? " s" : ""));
}

/// "energy!=280" where it passes 280 in each run.
void Explainer::look_at_other(const WrittenTerm& term) {
  say(fmt::format("each run that has {} has {} among its values, too", printable(term.name, 40), printable(term.value, 40)));
}

/// A word that no text has may be the beginning of one, or a part of a name.
void Explainer::look_for_words(const WrittenTerm& term, const WordsTerm& words) {
  if (words.notes_only || words.prefix || !term.name.empty() || term.value.find('*') != std::string::npos) return;
  const auto why = fmt::format("no text has the word '{}'", printable(term.value, 40));
  std::vector<Rewrite> tries;
  for (const std::string_view form : {"{}*", "plan:*{}*", "sample:*{}*", "operator:*{}*", "tag:*{}*", "beamtime:*{}*", "researcher:*{}*"}) {
    const auto at = form.find(':'), braces = form.find("{}");
    std::string value = std::string(form.substr(at + 1, braces - at - 1)) + term.value + std::string(form.substr(braces + 2));
    tries.push_back({why, with_part(text_, term.begin, term.end, std::string(form.substr(0, at + 1)) + as_value(value)), false});
  }
  const std::size_t before = hints_.size();
  suggest(tries);
  if (hints_.size() == before && !is_rewritten_) say(why);
}

/// "after:… before:…" the other way round
void Explainer::look_at_stretch(const Node& query) {
  const auto* all = std::get_if<AllOf>(&query.term);
  if (all == nullptr) return;
  std::optional<double> low, high;
  for (const auto& node : all->nodes) {
    const auto* time = std::get_if<TimeTerm>(&node.term);
    if (time == nullptr) continue;
    if (time->interval.low) low = std::max(low.value_or(*time->interval.low), *time->interval.low);
    if (time->interval.high) high = std::min(high.value_or(*time->interval.high), *time->interval.high);
  }
  if (low && high && *low >= *high)
    say(fmt::format("no time is both from {} on and before {}: are the two swapped?", time_text(*low, context_),
                    time_text(*high, context_)));
}

void Explainer::look_for_times() {
  auto row = connection_.prepare("SELECT min(time_start), max(time_start) FROM search_runs");
  if (!row.step() || row.type(0) == sqlite::ColumnType::null) return;
  const auto minute = [&](double time) { return time_text(std::floor(time / 60) * 60, context_); };
  say(fmt::format("the runs there are began from {} to {}", minute(row.real(0)), minute(row.real(1))));
}

/// Why this term alone finds nothing.
void Explainer::look_at(const WrittenTerm& term) {
  if (const auto* path = std::get_if<PathTerm>(&term.node.term))
    return is_value(path->path) ? look_at_value(term, *path) : look_for_name(term);
  if (std::holds_alternative<PathExistsTerm>(term.node.term) && term.is_path) return look_for_name(term);
  if (const auto* text = std::get_if<TextTerm>(&term.node.term)) return look_for_text(term, *text);
  if (const auto* words = std::get_if<WordsTerm>(&term.node.term)) return look_for_words(term, *words);
  if (const auto* number = std::get_if<NumberTerm>(&term.node.term)) return look_at_number(term, *number);
  if (const auto* all = std::get_if<AllOf>(&term.node.term); all != nullptr && !all->nodes.empty() && term.is_path)
    if (const auto* exists = std::get_if<PathExistsTerm>(&all->nodes.front().term))
      return is_value(exists->path) ? look_at_other(term) : look_for_name(term);
  if (const auto* any = std::get_if<AnyOf>(&term.node.term))
    for (const auto& node : any->nodes) {
      if (std::holds_alternative<TimeTerm>(node.term)) return look_for_times();
      if (const auto* path = std::get_if<PathTerm>(&node.term))
        return is_value(path->path) ? look_at_value(term, *path) : look_for_name(term);
      if (const auto* words = std::get_if<WordsTerm>(&node.term)) return look_for_words(term, *words);
    }
  if (std::holds_alternative<TimeTerm>(term.node.term)) look_for_times();
}

Explanation Explainer::explain(std::string_view text) {
  text_ = text;
  const auto read = read_query(text, context_);
  Explanation out{render(read.tree, context_), {}};
  if (count(read.tree) > 0) return out;
  suggest(rewrites(text, read.terms, context_, [this](std::string_view name) { return is_value_name(name); }));
  is_rewritten_ = !hints_.empty();
  look_at_stretch(read.tree);
  std::vector<std::string> alone;
  bool all_fit = read.terms.size() > 1;
  for (std::size_t i = 0; i < std::min(read.terms.size(), kMostTerms); ++i) {
    const auto& term = read.terms[i];
    const auto found = term.is_negated ? 1 : count(term.node);
    if (found == 0) look_at(term);
    all_fit = all_fit && found > 0;
    if (!term.is_negated) alone.push_back(fmt::format("{} {}", printable(render(term.node, context_), 60), runs(found)));
  }
  if (all_fit && read.terms.size() <= kMostTerms && alone.size() > 1)
    say(fmt::format("each alone finds some, no run fits all: {}", fmt::join(alone, ", ")));
  out.hints = std::move(hints_);
  return out;
}

}  // namespace resonance::index
