/// A stream as typed columns that lose nothing.
#include "resonance/table.hpp"

#include <cmath>

#include "catalog/row_scanner.hpp"
#include "unit/record/record_testing.hpp"

namespace resonance {
namespace {

using namespace record_test;
using Doubles = std::vector<double>;
using Integers = std::vector<std::int64_t>;
using Flags = std::vector<std::uint8_t>;
using Texts = std::vector<std::string>;

/// Record events with these data and read them as a table.
class Tables : public testing::Test {
 protected:
  Tables() {
    RunWriterOptions options;
    options.allow_undeclared = true;
    writer = std::make_unique<RunWriter>(folder / "x.db", options);
    writer->open_run("count");
  }
  resonance::Run record(const Json& data_keys, const std::vector<const char*>& events) {
    writer->open_stream("primary", data_keys);
    double time = 100;
    for (const auto* data : events) {
      NewEvent event;
      event.data = Json::parse(data);
      event.time = time++;
      writer->write_event("primary", event);
    }
    return Catalog(folder / "x.db").run("-1");
  }
  TemporaryFolder folder;
  std::unique_ptr<RunWriter> writer;
};

TEST_F(Tables, EachColumnHasTheTypeOfItsValues) {
  const auto table = record(Json::object(), {R"({"i": 1, "f": 1.5, "t": "a", "b": true, "u": 18446744073709551615, "n": null})",
                                             R"({"i": 9007199254740993, "f": 2, "t": "", "b": false, "u": 1, "n": null})"})
                         .table();
  ASSERT_EQ(table.rows, 2);
  EXPECT_EQ(table.columns[0].name, "seq_num");
  EXPECT_EQ(table.columns[0].values, Column::Values(Integers{1, 2}));
  EXPECT_EQ(table.columns[1].name, "time");
  EXPECT_EQ(table.columns[1].values, Column::Values(Doubles{100, 101}));
  EXPECT_EQ(table.columns[1].units, "s");
  EXPECT_EQ(table["i"].values, Column::Values(Integers{1, 9007199254740993}));
  EXPECT_EQ(table["f"].values, Column::Values(Doubles{1.5, 2}));
  EXPECT_EQ(table["t"].values, Column::Values(Texts{"a", ""}));
  EXPECT_EQ(table["b"].values, Column::Values(Flags{1, 0}));
  EXPECT_EQ(table["u"].values, Column::Values(std::vector<std::uint64_t>{18446744073709551615u, 1}));
  EXPECT_EQ(table["n"].type_name(), "json");
  EXPECT_FALSE(table["n"].is_valid(0) || table["n"].is_valid(1));
  EXPECT_THAT(said([&] { (void)table["zz"]; }), refusal(ErrorCode::not_found, "there is no column 'zz'; there are: seq_num, time, i"));
}

TEST_F(Tables, DeclaredKeysComeFirstInTheirOrderWithTheirUnitsEvenIfNeverWritten) {
  const std::int64_t shape[] = {3};
  const auto keys = Json::object({{"z", number_key("s", "eV")},
                                  {"ccd", image_key("camera", 6, 10, DType::uint16)},
                                  {"i", integer_key("s")},
                                  {"t", string_key("s")},
                                  {"b", boolean_key("s")},
                                  {"a", array_key("s", shape, "V")},
                                  {"n", number_key("s")}});
  const auto table = record(keys, {R"({"late": 1, "z": 270})", R"({"z": 271, "first_seen_later": 2})"}).table();
  Texts names;
  for (const auto& column : table.columns) names.push_back(column.name + ":" + std::string(column.type_name()));
  EXPECT_EQ(names, (Texts{"seq_num:int64", "time:float64", "z:float64", "i:int64", "t:string", "b:bool", "a:json", "n:float64",
                          "late:int64", "first_seen_later:int64"}));
  EXPECT_EQ(table["z"].units, "eV");
  EXPECT_EQ(table["z"].values, Column::Values(Doubles{270, 271}));  // whole numbers, but declared "number"
  EXPECT_FALSE(table["i"].units);
  for (const char* name : {"i", "t", "b", "a", "n"}) {
    EXPECT_EQ(table[name].size(), 2);
    EXPECT_FALSE(table[name].is_valid(0));
    EXPECT_TRUE(table[name].at(1).is_null());
  }
}

TEST_F(Tables, MissingAndNullAreInvalidAndTheRestIsUntouched) {
  const auto table = record(Json::object(), {R"({"a": null})", R"({})", R"({"a": 3})", R"({"a": null})", R"({"a": 5})", R"({})"}).table();
  EXPECT_EQ(table["a"].type_name(), "int64");
  EXPECT_EQ(table["a"].valid, (Flags{0, 0, 1, 0, 1, 0}));
  EXPECT_EQ(table["a"].at(2), Json(3));
  EXPECT_EQ(table["a"].at(4), Json(5));
  EXPECT_TRUE(table["a"].at(5).is_null());
}

TEST_F(Tables, WideningLosesNothing) {
  const auto table = record(Json::object({{"declared", number_key("s")}}),
                            {R"({"mixed": 1, "exact": 9007199254740993, "sign": 18446744073709551615, "kind": 1, "big": 1, "declared": 1})",
                             R"({"mixed": 2.5, "exact": 2.5, "sign": -1, "kind": "text", "big": 18446744073709551616,
                                 "declared": 9007199254740993})",
                             R"({"mixed": NaN, "exact": 3, "sign": 5, "kind": false, "big": 2, "declared": 2.5})"})
                         .table();
  EXPECT_EQ(table["mixed"].type_name(), "float64");
  EXPECT_EQ(table["mixed"].at(0), Json(1.0));
  for (const char* name : {"exact", "sign", "kind", "big", "declared"}) EXPECT_EQ(table[name].type_name(), "json") << name;
  EXPECT_EQ(table["exact"].at(0), Json(9007199254740993));
  EXPECT_EQ(table["sign"].at(0), Json(18446744073709551615u));
  EXPECT_EQ(table["kind"].at(1), Json("text"));
  EXPECT_EQ(table["big"].at(1), Json(Json::BigInteger{"18446744073709551616"}));
  EXPECT_EQ(table["declared"].at(1), Json(9007199254740993));
}

TEST_F(Tables, RegularListsBecomeArrayColumnsAndRaggedOnesStayJson) {
  const auto table =
      record(Json::object(), {R"({"m": [[1, 2, 3], [4, 5, 6]], "f": [1, 2], "r": [1], "d": [[1], 2], "e": [], "x": [1, 2]})", R"({})",
                              R"({"m": [[7, 8, 9], [0, 0, -1]], "f": [0.5, NaN], "r": [1, 2], "d": [[1], 2], "e": [],
                                                 "x": [0.5, 9007199254740993]})"})
          .table();
  EXPECT_EQ(table["m"].shape, (std::vector<std::uint64_t>{2, 3}));
  EXPECT_EQ(table["m"].values, Column::Values(Integers{1, 2, 3, 4, 5, 6, 0, 0, 0, 0, 0, 0, 7, 8, 9, 0, 0, -1}));
  EXPECT_EQ(table["m"].valid, (Flags{1, 0, 1}));
  EXPECT_EQ(table["m"].at(2), Json::parse("[[7, 8, 9], [0, 0, -1]]"));
  EXPECT_EQ(table["f"].type_name(), "float64");
  EXPECT_EQ(table["f"].shape, std::vector<std::uint64_t>{2});
  EXPECT_EQ(table["f"].at(2), Json::parse("[0.5, NaN]"));
  for (const char* name : {"r", "d", "e", "x"}) {
    EXPECT_EQ(table[name].type_name(), "json") << name;
    EXPECT_TRUE(table[name].shape.empty());
  }
  EXPECT_EQ(table["r"].at(0), Json::parse("[1]"));
  EXPECT_EQ(table["x"].at(2), Json::parse("[0.5, 9007199254740993]"));
}

TEST_F(Tables, AKeyThatStandsTwiceInAnEventHasItsLastValue) {
  const auto table = record(Json::object(), {R"({"a": 1, "a": 2, "b": 1})", R"({"b": 1, "a": "text", "a": 3})"}).table();
  EXPECT_EQ(table["a"].at(0), Json(2));
  EXPECT_EQ(table["a"].at(1), Json(3));
}

TEST_F(Tables, ADataKeyNamedLikeAFixedColumnIsAColumnOfItsOwn) {
  const auto run = record(Json::object({{"time", number_key("s", "ms")}}), {R"({"time": 5, "seq_num": 7})"});
  const auto table = run.table();
  EXPECT_EQ(table["time"].at(0), Json(100.0));
  EXPECT_EQ(table["seq_num"].at(0), Json(1));
  EXPECT_EQ(table["data.time"].at(0), Json(5.0));
  EXPECT_EQ(table["data.time"].units, "ms");
  EXPECT_EQ(table["data.seq_num"].at(0), Json(7));
  TableOptions options;
  options.columns = {"data.time"};
  EXPECT_EQ(run.table("primary", options).columns.size(), 3);
}

TEST_F(Tables, DataKeysThatWouldMakeOneColumnAreTwo) {
  const auto run =
      record(Json::object({{"time", number_key("s", "ms")}, {"data.time", number_key("s", "s")}}), {R"({"time": 5, "data.time": 3})"});
  const auto table = run.table();
  EXPECT_EQ(table["data.time"].at(0), Json(5.0));
  EXPECT_EQ(table["data.data.time"].at(0), Json(3.0));
  EXPECT_EQ(table["data.data.time"].data_key, "data.time");
  EXPECT_EQ(table["seq_num"].data_key, "");
  writer->close_run();
  writer->open_run("again");
  const auto alone = record(Json::object({{"data.time", number_key("s")}}), {R"({"data.time": 3})"});
  TableOptions options;
  options.columns = {"data.time"};
  EXPECT_EQ(alone.table("primary", options)["data.time"].at(0), Json(3.0));
}

/// Integers have no sign of zero, so what is read fast must leave "-0" to Json::parse(), which makes it -0.0.
TEST(RowScanner, LeavesMinusZeroToTheParser) {
  catalog::RowScanner::Member member;
  EXPECT_FALSE(catalog::RowScanner(R"({"a":-0})").next(member));
  EXPECT_TRUE(catalog::RowScanner(R"({"a":-0.0})").next(member) && std::signbit(member.number));
}

/// Long tables are taken apart by two threads; odd events are among the plain ones.
TEST_F(Tables, AreTheSameHoweverManyThreadsReadThem) {
  writer->open_stream("primary", Json::object({{"a", number_key("s")}}));
  std::vector<NewEvent> events(9001);
  for (std::size_t i = 0; i < events.size(); ++i) {
    auto& data = events[i].data;
    data.set("a", i % 7 == 0 ? Json(static_cast<std::int64_t>(i)) : Json(static_cast<double>(i) / 3));
    if (i % 5 != 0) data.set("text", i % 11 == 0 ? "Zähler \"eins\"" : "open");
    if (i > 2500) data.set("late", i % 13 == 0 ? Json(Json::Array{Json(1), Json(2.5)}) : Json(static_cast<std::int64_t>(i)));
    if (i % 17 == 0) data.set("none", Json());
    events[i].time = static_cast<double>(i);
  }
  writer->write_events("primary", events);
  const auto alone = Catalog(folder / "x.db", {.threads = 1}).run("-1").table();
  ASSERT_EQ(alone.rows, events.size());
  for (std::size_t i = 0; i < events.size(); i += 7) {
    EXPECT_EQ(alone["a"].at(i).as_double(), events[i].data.find("a")->as_double());
    const auto* text = events[i].data.find("text");
    EXPECT_EQ(alone["text"].at(i), text == nullptr ? Json() : *text);
  }
  for (int round = 0; round < 20; ++round) {
    const auto together = Catalog(folder / "x.db", {.threads = 2}).run("-1").table();
    ASSERT_EQ(together.columns.size(), alone.columns.size());
    for (std::size_t i = 0; i < alone.columns.size(); ++i) {
      EXPECT_EQ(together.columns[i].name, alone.columns[i].name);
      EXPECT_EQ(together.columns[i].values, alone.columns[i].values);
      EXPECT_EQ(together.columns[i].valid, alone.columns[i].valid);
    }
  }
}

TEST_F(Tables, OnlyTheColumnsAndRowsThatWereAskedFor) {
  const auto run = record(Json::object({{"a", number_key("s", "mm")}, {"never", integer_key("s")}}),
                          {R"({"a": 1, "u": 1})", R"({"a": 2, "nulls": null})", R"({"a": 3})", R"({"a": 4})"});
  const auto names = [&](const std::vector<std::string>& columns) {
    Texts out;
    TableOptions options;
    options.columns = columns;
    for (const auto& column : run.table("primary", options).columns) out.push_back(column.name);
    return out;
  };
  EXPECT_EQ(names({"u", "a"}), (Texts{"seq_num", "time", "u", "a"}));
  EXPECT_EQ(names({"time"}), (Texts{"seq_num", "time"}));
  EXPECT_EQ(names({"never", "nulls", "a", "a"}), (Texts{"seq_num", "time", "never", "nulls", "a"}));
  EXPECT_THAT(said([&] { names({"a", "unknown"}); }), refusal(ErrorCode::not_found, "there is no column 'unknown'"));

  TableOptions part;
  part.columns = {"a"};
  part.first_seq_num = 2;
  part.max_rows = 2;
  const auto table = run.table("primary", part);
  EXPECT_EQ(table["seq_num"].values, Column::Values(Integers{2, 3}));
  EXPECT_EQ(table["a"].values, Column::Values(Doubles{2, 3}));
  EXPECT_EQ(table["a"].units, "mm");
  part.max_rows = 0;
  EXPECT_EQ(run.table("primary", part).rows, 0);
  part.first_seq_num = ~0ull;
  part.max_rows = ~0ull;
  EXPECT_EQ(run.table("primary", part).rows, 0);
}

}  // namespace
}  // namespace resonance
