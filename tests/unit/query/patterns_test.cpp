#include <gtest/gtest.h>
#include <sqlite3.h>

#include <string>

#include "query/parse.hpp"

namespace resonance::query {
namespace {

/// Whether SQLite finds the sample of that name, given in folded case.
bool finds(std::string_view query, const std::string& name) {
  const Node node = parse_query(query, {});
  return sqlite3_strglob(std::get<TextTerm>(node.term).pattern.glob.c_str(), name.c_str()) == 0;
}

TEST(Pattern, MeansToSqliteWhatTheQuerySays) {
  EXPECT_TRUE(finds("sample:PS*", "ps 80276"));
  EXPECT_TRUE(finds("sample:*80?76", "ps 80276"));
  EXPECT_FALSE(finds("sample:PS?", "ps"));
  EXPECT_TRUE(finds("sample:?M", "μm")) << "one character, not one byte";
}

TEST(Pattern, TakesTheSignsOfGlobForThemselves) {
  EXPECT_TRUE(finds("sample:[a-c]", "[a-c]"));
  EXPECT_FALSE(finds("sample:[a-c]", "b"));
  EXPECT_TRUE(finds("sample:[^a]*", "[^a] 1"));
  EXPECT_TRUE(finds(R"(sample:100\%\*)", "100%*"));
  EXPECT_FALSE(finds(R"(sample:100\*)", "1000"));
  EXPECT_TRUE(finds(R"(sample:a\?[]]*)", "a?[]]z"));
  EXPECT_TRUE(finds("sample:a_%", "a_%")) << "nor are those of LIKE any";
  EXPECT_FALSE(finds("sample:a_%", "abc"));
}

}  // namespace
}  // namespace resonance::query
