#include <gtest/gtest.h>

#include <string>

#include "support/fails.hpp"
#include "support/query_tree.hpp"

namespace resonance::query {
namespace {

using test::fails;

std::string tree(std::string_view text) { return test::text_of(parse_query(text, {})); }

::testing::AssertionResult says(std::string_view text, std::string_view what) {
  return fails(ErrorCode::invalid_argument, {what}, [&] { (void)parse_query(text, {}); });
}

TEST(Path, IsWhateverStandsInFrontOfAnOperatorAndIsNoField) {
  EXPECT_EQ(tree("energy>280"), "energy (280, ]");
  EXPECT_EQ(tree("Metadata.Edge=Carbon"), "metadata:edge 'carbon'");
  EXPECT_EQ(tree("data.energy<290"), "data:energy [, 290)");
  EXPECT_EQ(tree("sampel:x"), "sampel 'x'") << "somebody may have recorded that";
  EXPECT_EQ(tree("metadata.sample.thickness>=30"), "metadata:sample.thickness [30, ]");
}

TEST(Path, CanBeInQuotes) {
  EXPECT_EQ(tree("\"Beamline Energy\">280"), "beamline energy (280, ]");
  EXPECT_EQ(tree("\"Beamline Energy\" > 280"), "beamline energy (280, ]");
  EXPECT_EQ(tree("metadata.\"film thickness\".nm:30"), "metadata:film thickness.nm [30, 30] '30'");
  EXPECT_EQ(tree("\"plan\":x"), "plan 'x'");
  EXPECT_TRUE(std::holds_alternative<PathTerm>(parse_query("\"plan\":x", {}).term)) << "not the field of that name";
  EXPECT_EQ(tree("\"what*\":x"), "what* 'x'");
}

TEST(Path, HasANameWithoutWildcards) {
  EXPECT_TRUE(says("metadata.*:x", "column 1: expected wildcards in values only, not in a name"));
  EXPECT_TRUE(says("a metadata.:x", "column 3: expected the name of a value, as in metadata.edge or data.energy"));
  EXPECT_TRUE(says("\"\":x", "column 1: expected the name of a value"));
  EXPECT_TRUE(says("a > 3 > 4", "column 7: expected a name in front of '>'"));
}

TEST(PathComparison, HasBlanksAroundItOrNot) {
  for (const std::string_view text : {"energy>=280", "energy >= 280", "energy>= 280", "energy >=280"})
    EXPECT_EQ(tree(text), "energy [280, ]") << text;
  EXPECT_EQ(tree("energy <= 280 AND x == 1"), "all(energy [, 280], x [1, 1] '1')");
}

TEST(PathComparison, TakesANumberAndItsUnit) {
  EXPECT_EQ(tree("energy>0.28keV"), "energy (0.28, ]keV");
  EXPECT_EQ(tree("energy>\"0.28 keV\""), "energy (0.28, ]keV");
  EXPECT_EQ(tree("temperature<-10.5°"), "temperature [, -10.5)°");
  EXPECT_EQ(tree("current>+.5e-3A"), "current (0.0005, ]A");
  EXPECT_EQ(tree("q>1Å^-1"), "q (1, ]Å^-1");
  EXPECT_TRUE(says("energy>high", "column 8: expected a number such as 280 or 280eV behind 'energy>', not 'high'"));
  EXPECT_TRUE(says("energy > 2*", "column 10: expected a number such as 280"));
  EXPECT_TRUE(says("version>1.2.3", "column 9: expected a number such as 280"));
  EXPECT_TRUE(says("energy>inf", "column 8: expected a number such as 280"));
  EXPECT_TRUE(says("energy<>5", "column 8: expected a number such as 280 or 280eV behind 'energy<', not '>5'"));
}

TEST(PathEquality, IsThatOfTheNumberOrOfTheTextAsWritten) {
  EXPECT_EQ(tree("edge:carbon"), "edge 'carbon'");
  EXPECT_EQ(tree("energy=285.1"), "energy [285.1, 285.1] '285.1'");
  EXPECT_EQ(tree("id:0042"), "id [42, 42] '0042'");
  EXPECT_EQ(tree("energy:285eV"), "energy [285, 285]eV '285ev'");
  EXPECT_EQ(tree("beam:true"), "beam 'true'");
  EXPECT_EQ(tree("released:2026-03-01 version:1.2.3"), "all(released '2026-03-01', version '1.2.3')") << "which begin like numbers";
  EXPECT_EQ(tree("edge:c*"), "edge like c*");
  EXPECT_EQ(tree("edge:28\\*"), "edge '28*'");
  EXPECT_EQ(tree("url:https://als.lbl.gov?a=b"), "url like https://als.lbl.gov?a=b");
  EXPECT_EQ(tree("comment:\"\""), "comment ''") << "an empty text that was recorded";
}

TEST(PathEquality, OfARangeIsThatOfNumbers) {
  EXPECT_EQ(tree("energy:280..290"), "energy [280, 290]");
  EXPECT_EQ(tree("energy:280..290eV"), "energy [280, 290]eV");
  EXPECT_EQ(tree("energy:280eV..290"), "energy [280, 290]eV");
  EXPECT_EQ(tree("energy:\"280 .. 290 eV\""), "energy [280, 290]eV");
  EXPECT_EQ(tree("energy:280eV..0.29keV"), "energy [0.28, 0.29]keV");
  EXPECT_EQ(tree("temperature:-10..-5"), "temperature [-10, -5]");
  EXPECT_EQ(tree("energy:280.."), "energy [280, ]");
  EXPECT_EQ(tree("folder:../x"), "folder '../x'");
  EXPECT_TRUE(says("energy:290..280", "column 8: the ends of the range are swapped: expected the smaller one first"));
  EXPECT_TRUE(says("energy:1keV..280eV", "column 8: the ends of the range are swapped"));
  EXPECT_TRUE(says("energy:1e307TeV..1e308eV", "column 8: expected a smaller number behind 'energy:', not '1e307TeV..1e308eV'"));
  EXPECT_TRUE(says("energy:280eV..290K", "column 8: expected one unit at both ends of the range, not 'eV' and 'K'"));
}

TEST(PathComparison, TakesAUnitBehindABlank) {
  EXPECT_EQ(tree("energy>280 eV"), tree("energy>280eV"));
  EXPECT_EQ(tree("energy > 0.28 keV AND x"), tree("energy>0.28keV x"));
  EXPECT_EQ(tree("energy:280..290 eV"), tree("energy:280..290eV"));
  EXPECT_EQ(tree("energy:285 eV"), "energy [285, 285]eV '285 ev'");
  EXPECT_EQ(tree("(gap<5 mm)"), "gap [, 5)mm");
  EXPECT_EQ(tree("energy>280 \"eV\""), R"(all(energy (280, ], words "eV"))") << "in quotes it is a word";
  EXPECT_EQ(tree("energy>280 polymer"), R"(all(energy (280, ], words "polymer"))");
  EXPECT_EQ(tree("energy>280 PS"), R"(all(energy (280, ], words "PS"))") << "polystyrene, no picoseconds";
  EXPECT_EQ(tree("energy>280 eV:3"), "all(energy (280, ], ev [3, 3] '3')") << "a name";
  EXPECT_EQ(tree("energy>280eV eV"), R"(all(energy (280, ]eV, words "eV"))") << "it has one";
}

TEST(PathComparison, TakesWhatMayBeAUnitOrAWordForBoth) {
  EXPECT_EQ(tree("temperature>300 K"), R"(any(temperature (300, ]K, all(temperature (300, ], words "K")))");
  EXPECT_EQ(tree("x energy>280 C"), R"(all(words "x", any(energy (280, ]C, all(energy (280, ], words "C"))))") << "carbon";
}

TEST(PathComparison, HasItsNumberOnEitherSideOrOnBoth) {
  EXPECT_EQ(tree("280<energy"), tree("energy>280"));
  EXPECT_EQ(tree("280 >= energy"), tree("energy<=280"));
  EXPECT_EQ(tree("280<energy<=290"), "energy (280, 290]");
  EXPECT_EQ(tree("290 eV > energy >= 0.28 keV"), tree("290eV>energy>=0.28keV"));
  EXPECT_EQ(tree("280<energy<290 eV"), "energy (280, 290)eV") << "the unit of one end is that of both";
  EXPECT_EQ(tree("40<=scan<=45 -5<t<5"), "all(scan_id [40, 45], t (-5, 5))");
  EXPECT_TRUE(says("280<energy>290", "column 11: expected both ends in one direction, as in 280<energy<290"));
  EXPECT_TRUE(says("290<energy<280", "column 1: the ends of the range are swapped"));
  EXPECT_TRUE(says("280eV<energy<290K", "column 1: expected two ends of one kind around 'energy'"));
}

TEST(PathComparison, HasTheSignsThatPeopleType) {
  EXPECT_EQ(tree("x\u22655 y \u2264 6 z\u22607"), tree("x>=5 y<=6 z!=7"));
  EXPECT_EQ(tree("x=>5 y =< 6"), tree("x>=5 y<=6"));
  EXPECT_EQ(tree("mode=<none>"), "mode '<none>'") << "a text";
  EXPECT_EQ(tree("t<\u22125"), tree("t<-5"));
  EXPECT_TRUE(says("energy>280,5",
                   "column 8: expected a number such as 280 or 280eV behind 'energy>', not '280,5': decimals stand behind a point"));
}

TEST(PathEquality, OfASpelledRangeIsThatOfNumbersOrOfTheText) {
  EXPECT_EQ(tree("energy:280-290"), "energy [280, 290] '280-290'");
  EXPECT_EQ(tree("energy:280\u2013290eV"), "energy [280, 290]eV '280\u2013290ev'");
  for (const std::string_view text : {"energy:280 - 290 eV", "energy:280 to 290 eV", "energy:280 .. 290 eV", "energy:280 ..290 eV",
                                      "energy between 280 and 290 eV", "energy between 280 eV and 290 eV", "energy:280 \u2013 290 eV"})
    EXPECT_EQ(tree(text), "energy [280, 290]eV") << text;
  EXPECT_EQ(tree("part:2026-03 x:12-3 y:1.2-3.4.5 z:2-propanol"), "all(part '2026-03', x '12-3', y '1.2-3.4.5', z '2-propanol')");
  EXPECT_EQ(tree("a between b and c"), R"(all(words "a", words "between", words "b", words "and", words "c"))");
}

TEST(PathInequality, WantsAValueThatIsAnother) {
  EXPECT_EQ(tree("edge!=carbon"), "all(has edge, not(edge 'carbon'))");
  EXPECT_EQ(tree("energy != 285"), "all(has energy, not(energy [285, 285] '285'))");
  EXPECT_TRUE(says("edge!=*", "column 7: expected a value behind 'edge!=', not '*'; runs without any are found by -has:edge"));
}

TEST(PathExistence, IsAskedForByAStar) {
  EXPECT_EQ(tree("metadata.sample.thickness:*"), "has metadata:sample.thickness");
  EXPECT_EQ(tree("edge:\"*\""), "has edge");
  EXPECT_EQ(tree("edge:\\*"), "edge '*'");
}

TEST(QueryFault, ShowsOfALongNameAndValueOnlyTheBeginning) {
  try {
    (void)parse_query(fmt::format("{:n>5000}>{:v>5000}", "n", "v"), {});
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_LT(std::string_view(error.what()).size(), 250u) << error.what();
  }
}

}  // namespace
}  // namespace resonance::query
