#include "base/strict_json.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "resonance/json.hpp"

namespace resonance {
namespace {

std::string strict(const Json& value, int indent = 0) {
  std::string out;
  write_strict_json(out, value, indent);
  return out;
}

TEST(StrictJson, WritesWhatIsNotFiniteAsText) {
  EXPECT_EQ(strict(Json::parse(R"({"a":NaN,"b":[Infinity,-Infinity,null,-0,1.5]})")),
            R"({"a":"NaN","b":["Infinity","-Infinity",null,-0.0,1.5]})");
  EXPECT_EQ(strict(std::numeric_limits<double>::quiet_NaN()), R"("NaN")");
}

TEST(StrictJson, KeepsTheDigitsOfIntegers) {
  for (const char* digits : {"9007199254740993", "18446744073709551615", "-123456789012345678901234567890"})
    EXPECT_EQ(strict(Json::parse(digits)), digits);
}

TEST(StrictJson, WritesAKeyThatStandsTwiceOnceWithItsLastValue) {
  EXPECT_EQ(strict(Json::parse(R"({"a":1,"b":2,"a":{"c":1,"c":3}})")), R"({"b":2,"a":{"c":3}})");
  Json::Object many;
  for (int round = 0; round < 2; ++round)
    for (int i = 0; i < 1000; ++i) many.emplace_back("key" + std::to_string(i), round);
  const auto once = Json::parse(strict(many));
  ASSERT_EQ(once.size(), 1000U);
  for (const auto& [key, value] : once.as_object()) EXPECT_EQ(value, Json(1)) << key;
}

TEST(StrictJson, ReplacesBytesThatAreNoText) {
  EXPECT_EQ(strict(Json::object({{"k\xFF", "a\xE2\x80z\xC3\xA9\n"}})), "{\"k\xEF\xBF\xBD\":\"a\xEF\xBF\xBD\xEF\xBF\xBDz\xC3\xA9\\n\"}");
}

TEST(StrictJson, IsWhatDumpWritesWhereThereIsNothingOdd) {
  const auto value = Json::parse(R"({"a":[1,2.5,"x",true,null,{}],"b":{"c":[]}})");
  EXPECT_EQ(strict(value), value.dump());
  EXPECT_EQ(strict(value, 2), value.dump(2));
}

}  // namespace
}  // namespace resonance
