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

TEST(Word, IsSearchedForInTheFullText) {
  EXPECT_EQ(tree("polymer"), R"(words "polymer")");
  EXPECT_EQ(tree("znpc_80276"), R"(words "znpc_80276")") << "a phrase of what full text takes for words";
  EXPECT_EQ(tree("薄膜"), R"(words "薄膜")");
  EXPECT_EQ(tree("3.5"), R"(words "3.5")");
}

TEST(Word, CanGoOnBehindAStar) {
  EXPECT_EQ(tree("polym*"), R"(words "polym*")");
  EXPECT_EQ(tree("znpc_80*"), R"(words "znpc_80*")");
  EXPECT_EQ(tree("znpc-*"), R"(words "znpc-")") << "znpcx is no such word";
  EXPECT_EQ(tree("2026*"), R"(words "2026*")") << "and no scan_id";
}

TEST(Phrase, IsWordsOneBehindTheOther) {
  EXPECT_EQ(tree("\"carbon edge\""), R"(words "carbon edge")");
  EXPECT_EQ(tree("\"poly styr*\""), R"(words "poly styr*")");
  EXPECT_EQ(tree("\"what happened?\""), R"(words "what happened?")");
  EXPECT_EQ(tree(R"("the \"good\" one")"), R"(words "the "good" one")");
  EXPECT_EQ(tree(R"(rated\*)"), R"(words "rated*")") << "no wildcard behind a backslash";
}

TEST(Word, ThatLooksLikeAUidIsAlsoThat) {
  EXPECT_EQ(tree("019cf2A1"), R"(any(uid 019cf2a1, words "019cf2A1"))");
  EXPECT_EQ(tree("019cf2a11f0e7b7c8d6e5f4a3b2c1d0e"),
            R"(any(uid 019cf2a11f0e7b7c8d6e5f4a3b2c1d0e, words "019cf2a11f0e7b7c8d6e5f4a3b2c1d0e"))");
  EXPECT_EQ(tree("019cf2a"), R"(words "019cf2a")") << "too short";
  EXPECT_EQ(tree("deadbeef"), R"(words "deadbeef")") << "no digit";
  EXPECT_EQ(tree("\"019cf2a1\""), R"(words "019cf2a1")");
}

TEST(Word, ThatIsAWholeNumberIsAlsoAScanId) {
  EXPECT_EQ(tree("42"), R"(any(scan_id [42, 42], words "42"))");
  EXPECT_EQ(tree("80276001"), R"(any(scan_id [80276001, 80276001], words "80276001"))");
  EXPECT_EQ(tree("\"42\""), R"(words "42")");
  EXPECT_EQ(tree("1234567890123456"), R"(words "1234567890123456")");
}

TEST(Word, OfAScanOrAUidIsReadAsPeopleWriteThese) {
  EXPECT_EQ(tree("#42"), R"(any(scan_id [42, 42], words "#42"))");
  EXPECT_EQ(tree("019cf2a1-1f0e-7b7c-8d6e-5f4a3b2c1d0e"),
            R"(any(uid 019cf2a11f0e7b7c8d6e5f4a3b2c1d0e, words "019cf2a1-1f0e-7b7c-8d6e-5f4a3b2c1d0e"))");
}

TEST(Word, HasALetterOrADigitInIt) {
  EXPECT_TRUE(says("a ... b", "column 3: expected a word, a phrase, or a name with a value such as plan:nexafs, not '...'"));
  EXPECT_TRUE(says("\"\"", "column 1: expected a word"));
  EXPECT_TRUE(says("-\"?\"", "column 2: expected a word"));
}

TEST(Word, HasNoWildcardsButAStarAtItsEnd) {
  EXPECT_TRUE(says("a *mer", "column 3: expected '*' at the end of a word only, as in polym*, not in '*mer'"));
  EXPECT_TRUE(says("pol?mer", "column 1: expected '*' at the end"));
  EXPECT_TRUE(says("po*m*", "column 1: expected '*' at the end"));
  EXPECT_TRUE(says("\"a * b\"", "column 1: expected '*' at the end"));
}

TEST(Note, IsSearchedForInNotesAlone) {
  EXPECT_EQ(tree("note:burnt"), R"(notes "burnt")");
  EXPECT_EQ(tree("note:\"beam dump\""), R"(notes "beam dump")");
  EXPECT_EQ(tree("note:burn*"), R"(notes "burn*")");
  EXPECT_EQ(tree("note:42"), R"(notes "42")");
  EXPECT_EQ(tree("note:*"), "has some note");
  EXPECT_TRUE(says("note:...", "column 6: expected a word"));
  EXPECT_TRUE(says("note>3", "column 5: expected ':' behind 'note', not '>3'"));
}

}  // namespace
}  // namespace resonance::query
