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

Pattern pattern(std::string_view text) { return std::get<TextTerm>(parse_query(text, {}).term).pattern; }

TEST(TextField, IsComparedAsAWholeWithoutRegardToCase) {
  EXPECT_EQ(tree("plan:NEXAFS"), "plan 'nexafs'");
  EXPECT_EQ(tree("Plan=nexafs"), "plan 'nexafs'");
  EXPECT_EQ(tree("sample:\"PS 80276\""), "sample 'ps 80276'");
  EXPECT_EQ(tree("formula:C8H8 serial:A-17 operator:jd tag:reference beamtime:2026-03 researcher:\"Jane Doe\""),
            "all(formula 'c8h8', serial 'a-17', operator 'jd', tag 'reference', beamtime '2026-03', researcher 'jane doe')");
  EXPECT_EQ(tree("sample:µM"), "sample 'μm'");
}

TEST(TextField, HasWildcardsAlsoInQuotes) {
  EXPECT_EQ(tree("sample:PS*"), "sample like ps*");
  EXPECT_EQ(tree("sample:\"PS ?0*\""), "sample like ps ?0*");
  EXPECT_EQ(pattern("sample:a***b").glob, "a*b") << "many stars say no more than one";
  EXPECT_EQ(tree("sample:*"), "sample like *") << "there is one";
}

TEST(TextField, TakesForAWildcardWhatWasMeantAsOneAndNothingElse) {
  const auto escaped = pattern(R"(sample:a\*[b\?c]\\)");
  EXPECT_FALSE(escaped.wild);
  EXPECT_EQ(escaped.literal, R"(a*[b?c]\)");
  EXPECT_EQ(escaped.glob, R"(a[*][[]b[?]c]\)");
  const auto both = pattern(R"(sample:"\*[x]*")");
  EXPECT_TRUE(both.wild);
  EXPECT_EQ(both.glob, "[*][[]x]*");
  EXPECT_EQ(pattern(R"(sample:"C:\data\x")").literal, R"(c:\data\x)") << "a backslash before a letter is itself";
}

TEST(TextField, ThatMustDifferMustBeThere) {
  EXPECT_EQ(tree("sample!=PS"), "all(sample like *, not(sample 'ps'))");
  EXPECT_EQ(tree("-sample:PS"), "not(sample 'ps')") << "while this finds runs without a sample too";
}

TEST(TextField, CannotBeGreaterThanAnything) {
  EXPECT_TRUE(says("x plan>3", "column 7: expected ':', '=' or '!=' behind 'plan', not '>3'"));
  EXPECT_TRUE(says("sample:\"\"", "column 8: expected text behind 'sample:', not '\"\"'"));
}

TEST(Value, MayStandBehindBlanks) {
  EXPECT_EQ(tree("plan: nexafs"), tree("plan:nexafs"));
  EXPECT_EQ(tree("plan : nexafs x"), tree("plan:nexafs x"));
  EXPECT_TRUE(says("plan: sample:PS", "column 6: expected a value directly behind 'plan:', not a blank"));
  EXPECT_TRUE(says("plan: OR x", "column 6: expected a value directly behind 'plan:', not a blank"));
  EXPECT_TRUE(says("plan: -x", "column 6: expected a value directly behind 'plan:', not a blank"));
}

TEST(Value, StandsDirectlyBehindItsColon) {
  EXPECT_TRUE(says("plan:", "column 6: expected a value directly behind 'plan:', not the end"));
  EXPECT_TRUE(says("(plan:)", "column 7: expected a value directly behind 'plan:', not ')'"));
  EXPECT_TRUE(says(":nexafs", "column 1: expected a name in front of ':nexafs'"));
}

TEST(Value, IsOneOrInQuotes) {
  EXPECT_TRUE(says("plan:(a OR b)",
                   "column 6: expected one value behind 'plan:', not '('; write a term for each, as in (plan:a OR plan:b), or quote it"));
  EXPECT_TRUE(says("sample:P(S)", "column 9: a value with '(' in it must be in quotes as a whole"));
  EXPECT_TRUE(says("sample:P\"S\"", "column 9: a value with '\"' in it must be in quotes as a whole"));
  EXPECT_TRUE(says("sample:\"P\"S", "column 11: expected a blank behind the closing quote, not 'S'"));
  EXPECT_EQ(tree("sample:\"P(S)\""), "sample 'p(s)'");
}

TEST(Status, IsOneOfTheWordsThatThereAre) {
  EXPECT_EQ(tree("status:Failed"), "status 'failed'");
  EXPECT_EQ(tree("status:open OR status!=success"), "any(status 'open', all(status like *, not(status 'success')))");
  EXPECT_EQ(tree("status:*ed"), "status like *ed");
  EXPECT_TRUE(
      says("status:fialed",
           "column 8: expected success, aborted, failed or open (or another program's word in quotes) behind 'status:', not 'fialed'"));
  EXPECT_EQ(tree("status:\"abort\""), "status 'abort'") << "other programs have other words";
}

TEST(NumberField, IsComparedWithNumbersAndRanges) {
  EXPECT_EQ(tree("scan_id:42 scan=7"), "all(scan_id [42, 42], scan_id [7, 7])");
  EXPECT_EQ(tree("events:100.."), "events [100, ]");
  EXPECT_EQ(tree("events:..100"), "events [, 100]");
  EXPECT_EQ(tree("events:100..200"), "events [100, 200]");
  EXPECT_EQ(tree("frames>50 frames>=50 frames<50 frames<=50"), "all(frames (50, ], frames [50, ], frames [, 50), frames [, 50])");
  EXPECT_EQ(tree("frames > 50"), tree("frames>50")) << "blanks around a comparison";
  EXPECT_EQ(tree("frames:>50"), tree("frames>50")) << "as others write it";
  EXPECT_EQ(tree("scan_id!=42"), "all(scan_id [, ], not(scan_id [42, 42]))");
  EXPECT_EQ(tree("duration:*"), "duration [, ]");
}

TEST(NumberField, OfBytesAndSecondsHasUnits) {
  EXPECT_EQ(tree("bytes>1GB bytes<1GiB bytes:10kb"), "all(bytes (1000000000, ], bytes [, 1073741824), bytes [10000, 10000])");
  EXPECT_EQ(tree("bytes:1..2MB"), "bytes [1000000, 2000000]") << "the unit of one end is that of both";
  EXPECT_EQ(tree("bytes:1MB..1GB"), "bytes [1000000, 1000000000]");
  EXPECT_EQ(tree("duration>10min duration<1.5h duration:90"), "all(duration (600, ], duration [, 5400), duration [90, 90])");
  EXPECT_EQ(tree("duration:10s..1h"), "duration [10, 3600]");
  EXPECT_EQ(tree("duration>\"2 days\""), "duration (172800, ]");
}

TEST(NumberField, TakesUnitsAndRangesAsPeopleWriteThem) {
  EXPECT_EQ(tree("duration>10 min bytes>1 GB"), tree("duration>10min bytes>1GB"));
  EXPECT_EQ(tree("scan:40-45 frames:10 - 20 events:5 to 6"), "all(scan_id [40, 45], frames [10, 20], events [5, 6])");
  EXPECT_EQ(tree("scan between 40 and 45"), "scan_id [40, 45]");
  EXPECT_EQ(tree("bytes:1 - 2 GB"), "bytes [1000000000, 2000000000]");
  EXPECT_EQ(tree("frames>50 K"), R"(all(frames (50, ], words "K"))") << "they have no unit";
}

TEST(NumberField, RefusesWhatIsNoNumber) {
  EXPECT_TRUE(says("events:many", "column 8: expected a number such as 42, 10..20 or 10.. behind 'events:', not 'many'"));
  EXPECT_TRUE(says("events:1*", "column 8: expected a number such as 42"));
  EXPECT_TRUE(says("events:..", "column 8: expected a number such as 42"));
  EXPECT_TRUE(says("events:10..many", "column 8: expected a number such as 42"));
  EXPECT_TRUE(says("events>1..2", "column 8: expected one number behind 'events>', not '1..2'"));
  EXPECT_TRUE(says("events>", "column 8: expected a value directly behind 'events>', not the end"));
  EXPECT_TRUE(says("events:1e999", "column 8: expected a number such as 42"));
  EXPECT_TRUE(says("events:nan", "column 8: expected a number such as 42"));
  EXPECT_TRUE(says("events:200..100", "column 8: the ends of the range are swapped: expected the smaller one first"));
  EXPECT_TRUE(says("duration:90..2d", "column 10: the ends of the range are swapped"));
}

TEST(NumberField, RefusesUnitsThatItDoesNotHave) {
  EXPECT_TRUE(says("events:5K", "column 8: expected a number without a unit behind 'events:', not '5K'"));
  EXPECT_TRUE(
      says("bytes>1GX", "column 7: expected bytes, or a number with B, KB, MB, GB, TB, KiB, MiB, GiB or TiB behind 'bytes>', not '1GX'"));
  EXPECT_TRUE(says("duration>5parsec", "column 10: expected seconds, or a number with s, min, h or d behind 'duration>', not '5parsec'"));
  EXPECT_TRUE(says("bytes>1e300TB", "column 7: expected a smaller number behind 'bytes>', not '1e300TB'"));
  EXPECT_TRUE(says("duration>large", "column 10: expected a number behind 'duration>', not 'large'"));
}

TEST(Uid, IsFoundByItsBeginning) {
  EXPECT_EQ(tree("uid:019CF2A1"), "uid 019cf2a1");
  EXPECT_EQ(tree("uid:0"), "uid 0");
  EXPECT_EQ(tree("uid:019cf2*"), "uid 019cf2");
  EXPECT_EQ(tree("uid:019cf2a1-1f0e-7b7c-8d6e-5f4a3b2c1d0e"), "uid 019cf2a11f0e7b7c8d6e5f4a3b2c1d0e") << "as it is written elsewhere";
  EXPECT_TRUE(says("uid:019cg", "column 5: expected 1 to 32 hexadecimal digits behind 'uid:', not '019cg'"));
  EXPECT_TRUE(says("uid:*", "column 5: expected 1 to 32 hexadecimal digits"));
  EXPECT_TRUE(says("uid:" + std::string(33, 'a'), "column 5: expected 1 to 32 hexadecimal digits"));
  EXPECT_TRUE(says("uid!=0", "column 4: expected ':' behind 'uid', not '!=0'"));
}

TEST(Has, AsksWhetherThereIsSomeSuchThing) {
  EXPECT_EQ(tree("has:note has:tag has:sample has:operator has:frames"),
            "all(has some note, has some tag, has some sample, has some operator, has some frames)");
  EXPECT_EQ(tree("has:Notes -has:tags"), "all(has some note, not(has some tag))");
}

TEST(Has, AsksWhetherAValueWasRecorded) {
  EXPECT_EQ(tree("has:metadata.edge"), "has metadata:edge");
  EXPECT_EQ(tree("has:data.energy"), "has data:energy");
  EXPECT_EQ(tree("has:\"Beamline Energy\""), "has beamline energy");
  EXPECT_EQ(tree("has:\"note\""), "has note") << "in quotes it is a name that somebody gave";
  EXPECT_TRUE(says(
      "has:metadata.*",
      "column 5: expected note, tag, sample, operator, frames, or the name of a value, without wildcards behind 'has:', not 'metadata.*'"));
  EXPECT_TRUE(says("has:metadata.", "column 5: expected the name of a value, as in metadata.edge or data.energy, not 'metadata.'"));
  EXPECT_TRUE(says("has=note has<3", "column 13: expected ':' behind 'has', not '<3'"));
}

}  // namespace
}  // namespace resonance::query
