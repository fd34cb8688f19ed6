/// The rules of the Bluesky event-model for data keys, each with its words.
#include "record/data_keys.hpp"

#include "unit/record/record_testing.hpp"

namespace resonance::record {
namespace {

using record_test::refusal;
using record_test::said;

struct Rule {
  const char* spec;
  const char* words;
};
void PrintTo(const Rule& rule, std::ostream* out) { *out << rule.spec; }

class DataKeyRules : public testing::TestWithParam<Rule> {};
INSTANTIATE_TEST_SUITE_P(
    All, DataKeyRules,
    testing::Values(
        Rule{R"([])", "its description must be an object"},
        Rule{R"({"shape": [], "source": "s"})", "dtype is missing; it is one of string, number, integer, boolean, array"},
        Rule{R"({"dtype": "float", "shape": [], "source": "s"})", "dtype is \"float\"; it must be one of"},
        Rule{R"({"dtype": 1, "shape": [], "source": "s"})", "dtype is 1; it must be one of"},
        Rule{R"({"dtype": "number", "source": "s"})", "shape is missing; give [] for single values"},
        Rule{R"({"dtype": "number", "shape": 3, "source": "s"})", "shape must be a list"},
        Rule{R"({"dtype": "array", "shape": [-1], "source": "s"})", "shape must hold integers from 0 on or null, not -1"},
        Rule{R"({"dtype": "array", "shape": [1.5], "source": "s"})", "shape must hold integers from 0 on or null, not 1.5"},
        Rule{R"({"dtype": "array", "shape": ["a"], "source": "s"})", "shape must hold integers from 0 on or null, not \"a\""},
        Rule{R"({"dtype": "number", "shape": []})", "source is missing"},
        Rule{R"({"dtype": "number", "shape": [], "source": 1})", "source is missing"},
        Rule{R"({"dtype": "number", "shape": [], "source": "s", "units": 1})", "units must be text or null, not 1"},
        Rule{R"({"dtype": "number", "shape": [], "source": "s", "precision": "3"})", "precision must be an integer or null"},
        Rule{R"({"dtype": "number", "shape": [], "source": "s", "dims": "x"})", "dims must be a list of texts"},
        Rule{R"({"dtype": "string", "shape": [], "source": "s", "choices": [1]})", "choices must be a list of texts"},
        Rule{R"({"dtype": "number", "shape": [], "source": "s", "object_name": null})", "object_name must be text"},
        Rule{R"({"dtype": "array", "shape": [], "source": "s", "external": "stream"})", "external must begin with capital letters"},
        Rule{R"({"dtype": "number", "shape": [], "source": "s", "limits": []})", "limits must be an object"},
        Rule{R"({"dtype": "array", "shape": [2], "source": "s", "dtype_numpy": "uint16"})", "dtype_numpy must be a NumPy type string"}));

TEST_P(DataKeyRules, AreToldWithTheKey) {
  const auto keys = Json::object({{"fine", number_key("s")}, {"energy", Json::parse(GetParam().spec)}});
  const auto words = said([&] { const DataKeys made(keys, false); });
  EXPECT_THAT(words, refusal(ErrorCode::invalid_argument, "data key 'energy': "));
  EXPECT_THAT(words, testing::HasSubstr(GetParam().words));
}

TEST(DataKeys, TakeWhatTheEventModelAllows) {
  const DataKeys keys(Json::parse(R"({
    "full": {"dtype": "number", "shape": [], "source": "s", "units": null, "precision": 3, "object_name": "mono", "dims": [],
             "choices": ["a"], "limits": {"control": {"low": 0}}, "dtype_numpy": "<f8", "anything": "else"},
    "table": {"dtype": "array", "shape": [null], "source": "s", "dtype_numpy": [["a", "<f8"], ["b", "<i4"]]},
    "ccd": {"dtype": "array", "shape": [1, 4, null], "source": "s", "dtype_numpy": "<u2", "external": "STREAM:"}})"),
                      false);
  keys.require_event(Json::parse(R"({"full": 1, "table": [1, 2, 3]})"), Json::object());
  keys.require_frame("ccd", {4, 77, DType::uint16});
  EXPECT_THAT(said([&] { keys.require_frame("ccd", {5, 77, DType::uint16}); }),
              refusal(ErrorCode::invalid_argument, "declared as 4xany uint16, but the frame is 5x77 uint16"));
}

TEST(DataKeys, NamesAreTextWithoutControlsAndDeclaredOnce) {
  const auto make = [](Json keys) { return said([&] { const DataKeys made(keys, false); }); };
  EXPECT_THAT(make(Json::object({{"", number_key("s")}})), refusal(ErrorCode::invalid_argument, "data key is empty"));
  EXPECT_THAT(make(Json::object({{"a\x01", number_key("s")}})), refusal(ErrorCode::invalid_argument, "contains a control character"));
  EXPECT_THAT(make(Json::object({{"a", number_key("s")}, {"a", string_key("s")}})),
              refusal(ErrorCode::invalid_argument, "data key 'a': is declared twice"));
  EXPECT_EQ(make(Json::object({{"Beamline Energy (eV) ≈", number_key("s")}})), "");
}

TEST(DataKeys, LenientOnesTakeAnyDescriptionAnyKeyAndAnyFieldThatIsText) {
  const DataKeys keys(Json::parse(R"({"a": {}, "b": {"dtype": "whatever"}, "c": "eV", "d": null})"), true);
  keys.require_event(Json::parse(R"({"a": "text", "never declared": [1, {}]})"), Json::parse(R"({"other": 1, "a": null})"));
  for (const char* field : {"new_field", "a/b", "Axis Photonique"}) keys.require_frame(field, {1, 1, DType::int8});
  EXPECT_THAT(said([&] { keys.require_frame("a\n", {1, 1, DType::int8}); }), refusal(ErrorCode::invalid_argument, "frame field 'a"));
}

}  // namespace
}  // namespace resonance::record
