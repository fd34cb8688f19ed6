#include <gtest/gtest.h>

#include <string>

#include "query/render.hpp"
#include "support/fails.hpp"
#include "support/query_tree.hpp"

namespace resonance::query {
namespace {

using test::fails;

std::string tree(std::string_view text) { return test::text_of(parse_query(text, {})); }

::testing::AssertionResult says(std::string_view text, std::string_view what) {
  return fails(ErrorCode::invalid_argument, {"invalid_argument: column ", what}, [&] { (void)parse_query(text, {}); });
}

TEST(Query, WithNothingInItIsEveryRun) {
  EXPECT_EQ(tree(""), "all()");
  EXPECT_EQ(tree(" \t\n\u00a0 "), "all()");
  EXPECT_EQ(tree("*"), "all()");
}

TEST(Query, FindsWhatFitsEveryTerm) {
  EXPECT_EQ(tree("carbon polymer"), R"(all(words "carbon", words "polymer"))");
  EXPECT_EQ(tree("carbon AND polymer"), tree("carbon polymer"));
  EXPECT_EQ(tree("plan:nexafs carbon AND polymer"), R"(all(plan 'nexafs', words "carbon", words "polymer"))");
}

TEST(Query, FindsWhatFitsOneOfTheTermsAroundOr) { EXPECT_EQ(tree("a OR b OR c"), R"(any(words "a", words "b", words "c"))"); }

TEST(Query, BindsNotStrongerThanAndAndThatStrongerThanOr) {
  EXPECT_EQ(tree("a b OR c AND NOT d"), R"(any(all(words "a", words "b"), all(words "c", not(words "d"))))");
  EXPECT_EQ(tree("NOT a b"), R"(all(not(words "a"), words "b"))");
  EXPECT_EQ(tree("NOT NOT a"), R"(not(not(words "a")))");
}

TEST(Query, IsGroupedByParentheses) {
  EXPECT_EQ(tree("(a OR b) c"), R"(all(any(words "a", words "b"), words "c"))");
  EXPECT_EQ(tree("a (b c)"), R"(all(words "a", words "b", words "c"))");
  EXPECT_EQ(tree("(((a)))"), R"(words "a")");
  EXPECT_EQ(tree("NOT(a OR b)"), R"(not(any(words "a", words "b")))");
  EXPECT_EQ(tree("(a)OR(b)"), R"(any(words "a", words "b"))");
}

TEST(Query, NegatesWhatAMinusStandsInFrontOf) {
  EXPECT_EQ(tree("polymer -test"), R"(all(words "polymer", not(words "test")))");
  EXPECT_EQ(tree("-(a OR b)"), R"(not(any(words "a", words "b")))");
  EXPECT_EQ(tree("-\"dark frame\" -plan:count"), R"(all(not(words "dark frame"), not(plan 'count')))");
  EXPECT_EQ(tree("beam-off"), R"(words "beam-off")") << "a hyphen is no minus";
}

TEST(Query, TakesOnlyUpperCaseWordsForOperators) {
  EXPECT_EQ(tree("this and that or not"), R"(all(words "this", words "and", words "that", words "or", words "not"))");
  EXPECT_EQ(tree("\"OR\" NOTE ORder"), R"(all(words "OR", words "NOTE", words "ORder"))");
  EXPECT_EQ(tree("NOT:x"), "not 'x'") << "a name like any other";
}

TEST(Query, TakesTheOperatorsOfOtherLanguages) {
  EXPECT_EQ(tree("a && b || c"), tree("a AND b OR c"));
  EXPECT_EQ(tree("a & b | c"), tree("a AND b OR c"));
  EXPECT_EQ(tree("!a ! b !(c d)"), tree("NOT a NOT b NOT (c d)"));
  EXPECT_EQ(tree("x!=1"), tree("x != 1")) << "a comparison";
  EXPECT_EQ(tree("\u2013test \u2212plan:count"), tree("-test -plan:count")) << "minus signs that an editor made dashes";
  EXPECT_TRUE(says("a || ", "column 6: expected a term behind '||', not the end"));
  EXPECT_TRUE(says("&& a", "column 1: expected a term, not '&&'"));
}

TEST(Query, TakesQuotesOfAnyKind) {
  for (const std::string_view text : {"sample:'PS 1'", "sample:\u2018PS 1\u2019", "sample:\u201cPS 1\u201d", "sample:\u201ePS 1\u201c",
                                      "sample:\u00abPS 1\u00bb", "sample:\u201dPS 1\u201d", "sample = 'PS 1'"})
    EXPECT_EQ(tree(text), "sample 'ps 1'") << text;
  EXPECT_EQ(tree("'carbon edge' b"), tree("\"carbon edge\" b"));
  EXPECT_EQ(tree("\u201cBeamline Energy\u201d>280 metadata.'film thickness':3"),
            tree("\"Beamline Energy\">280 metadata.\"film thickness\":3"));
  EXPECT_EQ(tree("'it's'"), R"(words "it's")") << "only the last one closes";
}

TEST(Query, LeavesAnApostropheWhatItIs) {
  EXPECT_EQ(tree("don't 'tis o'brien"), R"(all(words "don't", words "'tis", words "o'brien"))");
  EXPECT_EQ(tree("operator:O'Brien x:5'"), "all(operator 'o'brien', x '5'')");
  EXPECT_EQ(tree("sample:\\'PS"), "sample ''ps'");
  EXPECT_TRUE(says("a sample:'PS 1", "column 10: this quote is never closed: expected another ' behind it, or a \\ in front of it"));
}

TEST(Query, IsRenderedAsOneThatIsReadAsTheSame) {
  const ParseContext here{1773517413.25, TimeZone::load("America/Los_Angeles")};
  const std::pair<std::string_view, std::string_view> kQueries[] = {
      {"", "*"},
      {"-*", "NOT *"},
      {"a b OR c NOT d", R"(("a" AND "b") OR ("c" AND NOT "d"))"},
      {"a or b", R"("a" AND "or" AND "b")"},
      {"42 019cf2a1", R"((scan:42 OR "42") AND (uid:019cf2a1 OR "019cf2a1"))"},
      {"Plan:NEXAFS* sample:'PS 1' status:failed tag:a\\*b", R"(plan:NEXAFS* AND sample:"PS 1" AND status:"failed" AND tag:"a\*b")"},
      {"note:\"beam dump\" polym* has:note has:edge", R"(note:"beam dump" AND "polym*" AND has:note AND has:edge)"},
      {"energy>280eV energy:0.28..0.29keV", "energy>280eV AND energy:0.28..0.29keV"},
      {"\"plan\":x metadata.\"film thickness\">30 energy<5µm", R"("plan"=x AND "metadata.film thickness">30 AND energy<"5 µm")"},
      {"280<energy<=290 -5<t<5", R"(280<energy<=290 AND "-5"<t<5)"},
      {"sample!=PS edge!=c", "sample:* AND NOT sample:PS AND has:edge AND NOT edge=c"},
      {"on:2026-03-14", "on:2026-03-14"},
      {"after:2026-03-14T19:43 before:yesterday", R"(date>="2026-03-14T19:43" AND date<"2026-03-13")"},
      {"after:2h", R"(date>="@1773510213.25")"},
      {"on:2026-03-01..now", R"("2026-03-01"<=date<="@1773517413.25")"},
      {"bytes>1GB duration<10 min", "bytes>1000000000 AND duration<600"}};
  for (const auto& [text, rendered] : kQueries) {
    const Node query = parse_query(text, here);
    EXPECT_EQ(render(query, here), rendered);
    EXPECT_TRUE(parse_query(render(query, here), here) == query) << text;
  }
}

TEST(Query, IsTheSameWhenItIsReadAgain) {
  constexpr std::string_view kText = "plan:nexafs (sample:\"PS*\" OR -energy>280eV) polym* after:2026-03-01";
  EXPECT_EQ(parse_query(kText, {}), parse_query(kText, {}));
  EXPECT_FALSE(parse_query("a", {}) == parse_query("b", {}));
}

TEST(QueryFault, NamesTheColumnOfAParenthesisThatIsAlone) {
  EXPECT_TRUE(says("a (b OR c", "column 3: this '(' is never closed: expected a ')' behind it"));
  EXPECT_TRUE(says("a b) c", "column 4: this ')' closes nothing: expected a '(' in front of it"));
  EXPECT_TRUE(says("a ()", "column 4: expected a term behind '(', not ')'"));
}

TEST(QueryFault, NamesTheColumnWhereATermIsMissing) {
  EXPECT_TRUE(says("a OR", "column 5: expected a term behind 'OR', not the end"));
  EXPECT_TRUE(says("(a AND )", "column 8: expected a term behind 'AND', not ')'"));
  EXPECT_TRUE(
      says("a OR OR b", "column 6: expected a term behind 'OR', not 'OR' (the word itself is searched for in lower case or in quotes)"));
  EXPECT_TRUE(says("AND a", "column 1: expected a term, not 'AND' (the word itself"));
  EXPECT_TRUE(says("a NOT", "column 6: expected a term behind 'NOT', not the end"));
  EXPECT_TRUE(says("a - b", "column 4: expected a term directly behind '-', not a blank"));
  EXPECT_TRUE(says("--json", "column 2: expected a term directly behind '-', not '-json'"));
  EXPECT_TRUE(says("a -", "column 4: expected a term directly behind '-', not the end"));
  EXPECT_TRUE(says("-OR", "column 2: expected a term behind '-', not 'OR'"));
}

TEST(QueryFault, NamesTheColumnOfAQuoteThatIsNeverClosed) {
  EXPECT_TRUE(says("plan:x \"dark frame", "column 8: this quote is never closed: expected another \" behind it"));
  EXPECT_TRUE(says("sample:\"PS\\\"", "column 8: this quote is never closed"));
  EXPECT_TRUE(says("PS\"80 276\"", "column 3: expected quotes around the whole of it, or a blank between the two"));
  EXPECT_TRUE(says("\"PS\"80", "column 5: expected quotes around the whole of it, or a blank between the two"));
}

TEST(QueryFault, CountsColumnsInCharacters) {
  EXPECT_TRUE(says("äöü µm after:tuesdy", "column 14: expected a time such as 2026-03-01 or yesterday behind 'after:', not 'tuesdy'"));
}

TEST(QueryFault, RefusesBytesThatAreNoText) {
  EXPECT_TRUE(says("a\xFF", "column 2: the query is not valid UTF-8"));
  EXPECT_TRUE(says(std::string_view("ab\0c", 4), "column 3: a control character (\\x00) cannot be searched for"));
  EXPECT_TRUE(says("\x7F", "column 1: a control character (\\x7f)"));
}

TEST(QueryFault, RefusesMoreThanCanBeMeant) {
  EXPECT_EQ(tree(std::string(32, '(') + "a" + std::string(32, ')')), R"(words "a")");
  EXPECT_TRUE(says(std::string(33, '(') + "a" + std::string(33, ')'), "column 34: expected at most 32 levels of parentheses and NOT"));
  EXPECT_TRUE(says(std::string(10'000, '('), "column 34: expected at most 32 levels"));
  std::string nots;
  for (int i = 0; i < 65; ++i) nots += "NOT ";
  EXPECT_TRUE(says(nots + "a", "expected at most 32 levels"));

  std::string terms;
  for (int i = 0; i < 256; ++i) terms += "a ";
  EXPECT_NO_THROW((void)parse_query(terms, {}));
  EXPECT_TRUE(says(terms + "a", "column 513: expected at most 256 terms"));

  EXPECT_NO_THROW((void)parse_query(std::string(16384, 'a'), {}));
  EXPECT_TRUE(says(std::string(16385, 'a'), "column 16385: the query has 16385 bytes: at most 16384 are possible"));
}

}  // namespace
}  // namespace resonance::query
