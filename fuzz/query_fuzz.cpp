// Any bytes as a query: refused with the column, or a tree that is within its bounds, that SQLite can be asked for, and that is
// rendered as a query of the same tree.
#include <sqlite3.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/fold_case.hpp"
#include "query/parse.hpp"
#include "query/render.hpp"
#include "resonance/error.hpp"

namespace {

using namespace resonance::query;

void require(bool condition) {
  if (!condition) std::abort();
}

void check(const Interval& interval) {
  require(!interval.low || std::isfinite(*interval.low));
  require(!interval.high || std::isfinite(*interval.high));
  require(!interval.low || !interval.high || *interval.low <= *interval.high);
}

/// What was written, taken as text, is found by what was made of it.
void check(const Pattern& pattern) {
  require(resonance::fold_case(pattern.literal) == pattern.literal && resonance::fold_case(pattern.glob) == pattern.glob);
  require(pattern.literal.find('\0') == std::string::npos);
  require(sqlite3_strglob(pattern.glob.c_str(), pattern.literal.c_str()) == 0);
  if (!pattern.wild) require(sqlite3_strglob(pattern.glob.c_str(), (pattern.literal + "x").c_str()) != 0);
}

struct Checker {
  std::size_t terms = 0;

  void visit(const Node& node, std::size_t depth) {
    require(depth <= 2 * 64 + 4);  // each of 64 levels can be a list and a negation in it
    std::visit([&](const auto& term) { check_term(term, depth); }, node.term);
  }
  void check_term(const AllOf& all, std::size_t depth) {
    require(all.nodes.size() != 1);
    for (const auto& node : all.nodes) visit(node, depth + 1);
  }
  void check_term(const AnyOf& any, std::size_t depth) {
    require(any.nodes.size() > 1);
    for (const auto& node : any.nodes) visit(node, depth + 1);
  }
  void check_term(const Not& negated, std::size_t depth) {
    require(negated.node.size() == 1);
    visit(negated.node.front(), depth + 1);
  }
  void check_term(const TextTerm& term, std::size_t) { leaf(), check(term.pattern); }
  void check_term(const NumberTerm& term, std::size_t) { leaf(), check(term.interval); }
  void check_term(const TimeTerm& term, std::size_t) {
    leaf(), check(term.interval);
    require(term.interval.low || term.interval.high);
  }
  void check_term(const PathTerm& term, std::size_t) {
    leaf();
    require(!term.path.name.empty() && (term.interval || term.pattern) && (term.interval || term.unit.empty()));
    if (term.interval) check(*term.interval);
    if (term.pattern) check(*term.pattern);
  }
  void check_term(const PathExistsTerm& term, std::size_t) { leaf(), require(!term.path.name.empty()); }
  void check_term(const HasTerm&, std::size_t) { leaf(); }
  void check_term(const UidTerm& term, std::size_t) {
    leaf(),
        require(!term.prefix.empty() && term.prefix.size() <= 32 && term.prefix.find_first_not_of("0123456789abcdef") == std::string::npos);
  }
  void check_term(const WordsTerm& term, std::size_t) { leaf(), require(resonance::has_letter_or_digit(term.text)); }
  void leaf() { require(++terms <= 256 * 5); }  // one that is written can be several: "x!=1 K"
};

/// What was understood, said in the language, is understood as the same. What is written shorter than it is rendered may be
/// refused for its size.
void check_rendered(const Node& tree, const ParseContext& context, std::size_t terms) {
  const std::string rendered = render(tree, context);
  if (rendered.size() > 16 * 1024 || terms > 256) return;
  try {
    require(parse_query(rendered, context) == tree);
  } catch (const resonance::Error& error) {
    require(std::string_view(error.what()).find("levels of parentheses") != std::string_view::npos);
  }
}

void check_terms(const ReadQuery& read, std::string_view text) {
  for (const auto& term : read.terms) require(term.begin <= term.end && term.end <= text.size() && term.value_at <= text.size());
}

void check(const resonance::Error& error, std::string_view text) {
  require(error.code() == resonance::ErrorCode::invalid_argument);
  constexpr std::string_view kBegin = "column ";
  const std::string_view said = error.what();
  require(said.starts_with(kBegin) && said.size() < 600);
  std::size_t column = 0;
  const auto [end, fault] = std::from_chars(said.data() + kBegin.size(), said.data() + said.size(), column);
  require(fault == std::errc() && *end == ':');
  require(column >= 1 && column <= text.size() + 1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const ParseContext context{1773517413.25, resonance::TimeZone::load("America/Los_Angeles")};
  const std::string text(reinterpret_cast<const char*>(data), size);
  try {
    const Node tree = parse_query(text, context);
    Checker checker;
    checker.visit(tree, 0);
    check_rendered(tree, context, checker.terms);
    check_terms(read_query(text, context), text);
    require(tree == parse_query(text, context));
  } catch (const resonance::Error& error) {
    check(error, text);
  }
  return 0;
}
