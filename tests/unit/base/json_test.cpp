#include "resonance/json.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "resonance/error.hpp"

namespace resonance {
namespace {

std::string again(std::string_view text) { return Json::parse(text).dump(); }

/// The text must be refused as corrupt at `offset`, with `reason` in the message.
void expect_refused(std::string_view text, std::uint64_t offset, std::string_view reason, int max_depth = 128) {
  try {
    const Json value = Json::parse(text, max_depth);
    ADD_FAILURE() << "accepted " << text << " as " << value.dump();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::corrupt) << text;
    EXPECT_EQ(error.detail().offset, offset) << text << ": " << error.what();
    EXPECT_NE(std::string_view(error.what()).find(reason), std::string_view::npos) << text << ": " << error.what();
    EXPECT_NE(std::string_view(error.what()).find("at byte " + std::to_string(offset)), std::string_view::npos) << error.what();
  }
}

template <typename Call>
void expect_error(ErrorCode code, std::string_view message, Call call) {
  try {
    call();
    ADD_FAILURE() << "nothing thrown, expected " << message;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code);
    EXPECT_EQ(std::string_view(error.what()), message);
  }
}

TEST(JsonText, WritesWhatItReadAsLongAsItIsCompact) {
  for (const std::string_view text : {"null",
                                      "true",
                                      "false",
                                      "0",
                                      "-1",
                                      "9223372036854775807",
                                      "-9223372036854775808",
                                      "9223372036854775808",
                                      "18446744073709551615",
                                      "18446744073709551616",
                                      "-9223372036854775809",
                                      "123456789012345678901234567890",
                                      "0.0",
                                      "-0.0",
                                      "270.0",
                                      "0.1",
                                      "1e-07",
                                      "1e+22",
                                      "1.7976931348623157e+308",
                                      "5e-324",
                                      "NaN",
                                      "Infinity",
                                      "-Infinity",
                                      R"("")",
                                      R"("a\"b\\c\n\t\r\b\f\u0001")",
                                      "[]",
                                      "{}",
                                      R"([1,[2.5,[null]],{"b":1,"a":{"c":[]}}])",
                                      R"({"z":1,"a":2,"z":3})",
                                      "\"\xC3\xA5ngstr\xC3\xB6m \xF0\x9F\x94\xAC\""})
    EXPECT_EQ(again(text), text);
}

TEST(JsonText, ReadsEscapesAndBlanks) {
  EXPECT_EQ(Json::parse(R"("\u00e5\/\ud83d\udd2c\u0000")").as_string(), std::string("\xC3\xA5/\xF0\x9F\x94\xAC\0", 8));
  EXPECT_EQ(again(" \t\r\n{ \"a\" : [ 1 , 2 ] , \"b\" : { } } \n"), R"({"a":[1,2],"b":{}})");
}

TEST(JsonText, IndentsLikePython) {
  EXPECT_EQ(Json::parse(R"({"a":[1,{"b":2}],"c":[],"d":{}})").dump(2),
            "{\n  \"a\": [\n    1,\n    {\n      \"b\": 2\n    }\n  ],\n  \"c\": [],\n  \"d\": {}\n}");
}

TEST(JsonNumbers, KeepTheirKind) {
  EXPECT_TRUE(Json::parse("270").is_integer());
  EXPECT_TRUE(Json::parse("270.0").is_double());
  EXPECT_TRUE(Json::parse("27e1").is_double());
  EXPECT_EQ(Json::parse("18446744073709551615").as_uint64(), std::numeric_limits<std::uint64_t>::max());
  EXPECT_TRUE(Json::parse("18446744073709551616").is_integer());
  EXPECT_EQ(Json::parse("18446744073709551616").as_double(), 0x1p64);
  EXPECT_FALSE(Json(1) == Json(1.0));
  EXPECT_TRUE(Json(5u) == Json(5));
}

TEST(JsonNumbers, KeepTheSignOfZero) {
  const Json zero = Json::parse("-0");
  ASSERT_TRUE(zero.is_double());
  EXPECT_TRUE(std::signbit(zero.as_double()));
  EXPECT_EQ(zero.dump(), "-0.0");
}

TEST(JsonNumbers, OverflowToInfinityAndVanishToZeroAsInPython) {
  EXPECT_EQ(again("1e999"), "Infinity");
  EXPECT_EQ(again("-1e999"), "-Infinity");
  EXPECT_EQ(again("1e-999"), "0.0");
  EXPECT_EQ(again("-1e-999"), "-0.0");
  EXPECT_EQ(again("1e99999999999999999999"), "Infinity");
  EXPECT_EQ(again("1e-99999999999999999999"), "0.0");
  EXPECT_EQ(again("0e99999999999999999999"), "0.0");
  EXPECT_EQ(again("0." + std::string(500, '0') + "1"), "0.0");
  EXPECT_EQ(again("1" + std::string(500, '0') + ".5"), "Infinity");
  EXPECT_EQ(again("1" + std::string(500, '0') + "e-500"), "1.0");
  EXPECT_EQ(again("0." + std::string(500, '0') + "1e501"), "1.0");
  EXPECT_EQ(again("2.4703282292062327e-324"), "0.0");
}

TEST(JsonNumbers, RoundTripEveryDouble) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 200'000; ++i) {
    const auto bits = random();
    double value = 0;
    static_assert(sizeof value == sizeof bits);
    std::memcpy(&value, &bits, sizeof value);
    const Json read = Json::parse(Json(value).dump());
    ASSERT_TRUE(read.is_double() && read == Json(value)) << Json(value).dump();
  }
}

TEST(JsonParse, RefusesWhatIsNotJson) {
  expect_refused("", 0, "the text ends where a value should be");
  expect_refused("  ", 2, "the text ends where a value should be");
  expect_refused("\xEF\xBB\xBF{}", 0, "'\\xef' where a value should be");
  expect_refused("[1,]", 3, "']' where a value should be");
  expect_refused("[1 2]", 3, "'2' where ',' or ']' should be");
  expect_refused("[1", 2, "the text ends where ',' or ']' should be");
  expect_refused(R"({"a":1,})", 7, "'}' where a key in '\"' should be");
  expect_refused(R"({"a" 1})", 5, "'1' where ':' should be");
  expect_refused(R"({"a":1 "b")", 7, "where ',' or '}' should be");
  expect_refused("{'a':1}", 1, "where a key");
  expect_refused("{} x", 3, "there is more behind the value");
  expect_refused(std::string_view("1\0", 2), 1, "there is more behind the value");
  expect_refused("nul", 0, "'n' where a value should be");
  expect_refused("nan", 0, "'n' where a value should be");
  expect_refused("-NaN", 1, "'N' where a digit should be");
  expect_refused("+1", 0, "'+' where a value should be");
}

TEST(JsonParse, RefusesNumbersThatOthersWouldReadDifferently) {
  expect_refused("01", 0, "superfluous 0");
  expect_refused("-01", 0, "superfluous 0");
  expect_refused("[1.]", 3, "']' where a digit should be");
  expect_refused(".5", 0, "where a value should be");
  expect_refused("1e", 2, "the text ends where a digit should be");
  expect_refused("1e+-5", 3, "'-' where a digit should be");
  expect_refused("-", 1, "the text ends where a digit should be");
  expect_refused("0x10", 1, "more behind the value");
}

TEST(JsonParse, RefusesTextThatIsNoText) {
  expect_refused("\"abc", 0, "a string has no end");
  expect_refused("\"a\\", 3, "the text ends where an escape should be");
  expect_refused("\"a\nb\"", 2, "bare control character");
  expect_refused(R"("\x41")", 2, "'x' where an escape should be");
  expect_refused(R"("\u12g4")", 3, "four hexadecimal digits");
  expect_refused(R"("\u-123")", 3, "four hexadecimal digits");
  expect_refused(R"("\ud83d")", 1, "a lone surrogate");
  expect_refused(R"("\udd2c")", 1, "a lone surrogate");
  expect_refused(R"("\ud83d\u0041")", 1, "a lone surrogate");
  for (const std::string_view bytes : {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x80\x80\x80",
                                       "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xE2\x82", "\xF0\x9F\x94"})
    expect_refused("\"" + std::string(bytes) + "\"", 1, "not valid UTF-8");
}

TEST(JsonParse, BoundsTheDepthOfNesting) {
  const std::string deep = std::string(128, '[') + std::string(128, ']');
  EXPECT_EQ(again(deep), deep);
  expect_refused("[" + deep + "]", 128, "nested too deeply");
  expect_refused(std::string(10'000'000, '['), 128, "nested too deeply");
  expect_refused(R"({"a":{"b":{}}})", 10, "nested too deeply", 2);
  expect_refused("[]", 0, "nested too deeply", 0);
  EXPECT_EQ(Json::parse("[[1],[2],[3],[4]]", 2).size(), 4u);
}

TEST(JsonValue, GivesTheTypeAskedForOrSaysWhatItIs) {
  EXPECT_EQ(Json(7).as_double(), 7.0);
  EXPECT_EQ(Json(7).as_uint64(), 7u);
  const auto kind = ErrorCode::invalid_argument;
  expect_error(kind, "JSON: expected an integer, found a number", [] { (void)Json(7.0).as_int64(); });
  expect_error(kind, "JSON: expected a number, found a string", [] { (void)Json("7").as_double(); });
  expect_error(kind, "JSON: expected a string, found null", [] { (void)Json().as_string(); });
  expect_error(kind, "JSON: expected an object, found an array", [] { (void)Json::array().as_object(); });
  expect_error(kind, "JSON: integer -1 does not fit an unsigned 64-bit integer", [] { (void)Json(-1).as_uint64(); });
  expect_error(kind, "JSON: integer 18446744073709551615 does not fit a signed 64-bit integer", [] { (void)Json(~0ull).as_int64(); });
}

TEST(JsonValue, FindsTheLastOfRepeatedKeysAndReplacesThat) {
  Json object = Json::parse(R"({"a":1,"b":2,"a":3})");
  EXPECT_EQ(object.at("a"), Json(3));
  object.set("a", 4);
  object.set("c", nullptr);
  EXPECT_EQ(object.dump(), R"({"a":1,"b":2,"a":4,"c":null})");
  EXPECT_EQ(object.find("d"), nullptr);
  EXPECT_EQ(Json(1).find("d"), nullptr);
  expect_error(ErrorCode::not_found, "JSON: the object has no 'd'", [&] { (void)object.at("d"); });
}

TEST(JsonValue, GrowsFromNull) {
  Json object;
  object.set("list", Json());
  Json list;
  list.push_back(1);
  list.push_back("two");
  object.set("list", list);
  EXPECT_EQ(object.dump(), R"({"list":[1,"two"]})");
  EXPECT_THROW(list.set("a", 1), Error);
  EXPECT_THROW(object.push_back(1), Error);
  EXPECT_THROW(Json("text").push_back(1), Error);
}

TEST(JsonValue, ComparesKindValueAndOrder) {
  EXPECT_TRUE(Json::parse("[NaN,{\"a\":1}]") == Json::parse("[NaN,{\"a\":1}]"));
  EXPECT_FALSE(Json::parse(R"({"a":1,"b":2})") == Json::parse(R"({"b":2,"a":1})"));
  EXPECT_FALSE(Json() == Json(false));
  EXPECT_FALSE(Json("1") == Json(1));
}

TEST(JsonWrite, RefusesValuesThatNobodyCouldReadBack) {
  const auto kind = ErrorCode::invalid_argument;
  expect_error(kind, "JSON: text 'a\\xff' is not valid UTF-8", [] { (void)Json("a\xFF").dump(); });
  expect_error(kind, "JSON: '1,2' is not an integer", [] { (void)Json(Json::BigInteger{"1,2"}).dump(); });
  expect_error(kind, "JSON: '' is not an integer", [] { (void)Json(Json::BigInteger{}).dump(); });
}

TEST(JsonWrite, AppendsToWhatIsThere) {
  std::string out = "x";
  Json::object({{"a", 1}, {"b", "text"}}).dump_to(out);
  EXPECT_EQ(out, R"(x{"a":1,"b":"text"})");
}

/// Damage of every kind may be refused or read, but never crash; and what was read is written and read again unchanged.
TEST(JsonParse, SurvivesMutatedText) {
  const std::string seed = R"({"data":{"energy":270.05,"i0":-1e-07,"name":"\u00e5\n","list":[1,null,true,NaN]},"n":18446744073709551616})";
  constexpr std::string_view kAlphabet = "{}[]\",:\\u0123456789eE+-.tfnNI \n\x80\xC3\xED\xF0";
  std::mt19937 random(3);
  int read = 0;
  for (int round = 0; round < 50'000; ++round) {
    std::string text = seed;
    for (auto changes = 1 + random() % 3; changes > 0; --changes) {
      const std::size_t at = random() % text.size();
      if (random() % 4 == 0)
        text.erase(at, 1 + random() % 4);
      else
        text[at] = kAlphabet[random() % kAlphabet.size()];
    }
    try {
      const Json value = Json::parse(text);
      ++read;
      ASSERT_EQ(Json::parse(value.dump()), value) << text;
      ASSERT_EQ(Json::parse(value.dump(1)), value) << text;
    } catch (const Error& error) {
      ASSERT_EQ(error.code(), ErrorCode::corrupt);
      ASSERT_LE(error.detail().offset.value(), text.size());
    }
  }
  EXPECT_GT(read, 100);
}

}  // namespace
}  // namespace resonance
