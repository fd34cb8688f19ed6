#include <gtest/gtest.h>
#include <stdlib.h>

#include <array>
#include <filesystem>
#include <string>

#include "resonance/resonance.hpp"
#include "wire/json_forms.hpp"

namespace resonance::wire {
namespace {

class RunForm : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "resonance-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path folder_;
};

TEST_F(RunForm, TellsEverythingAboutOneRun) {
  const auto database = folder_ / "x.db";
  const std::array<std::uint16_t, 6> pixels{1, 2, 3, 4, 5, 6};
  RunWriter writer(database);
  RunOptions options;
  options.sample = SampleMetadata{.id = {}, .name = "P3HT", .formula = "C10H14S", .serial = {}, .tags = {}, .beamline_pos = {}};
  options.metadata = Json::object({{"edge", "C K"}});
  const std::string uid = writer.open_run("nexafs", options);
  (void)writer.open_stream("primary", Json::object({{"energy", number_key("mono", "eV")}, {"ccd", image_key("ccd", 2, 3, DType::uint16)}}));
  NewEvent event;
  event.data = Json::object({{"energy", 270.0}});
  event.frames.push_back({"ccd", {std::as_bytes(std::span(pixels)), 2, 3, DType::uint16}});
  (void)writer.write_event("primary", event);
  writer.close_run(ExitStatus::aborted, "beam lost");
  writer.close();

  const Json form = run_to_json(Catalog(database).run("-1"));
  EXPECT_EQ(form.at("uid"), Json(uid));
  EXPECT_EQ(form.at("sample"), Json("P3HT"));
  EXPECT_EQ(form.at("exit_status"), Json("aborted"));
  EXPECT_EQ(form.at("reason"), Json("beam lost"));
  EXPECT_EQ(form.at("sample_metadata").at("formula"), Json("C10H14S"));
  EXPECT_EQ(form.at("metadata").at("edge"), Json("C K"));
  ASSERT_EQ(form.at("streams").size(), 1u);
  const Json& stream = form.at("streams").as_array()[0];
  EXPECT_EQ(stream.at("name"), Json("primary"));
  EXPECT_EQ(stream.at("num_events"), Json(1));
  EXPECT_EQ(stream.at("data_keys").at("energy").at("units"), Json("eV"));
  EXPECT_EQ(form.at("data_key_ranges").dump(), R"([{"stream":"primary","data_key":"energy","low":270.0,"high":270.0,"units":"eV"}])");
  ASSERT_EQ(form.at("frames").size(), 1u);
  const Json& frames = form.at("frames").as_array()[0];
  EXPECT_EQ(frames.at("zarr_group"), Json("runs/" + uid + "/ccd"));
  EXPECT_EQ(frames.at("shape").dump(), "[1,2,3]");
  EXPECT_EQ(frames.at("dtype"), Json("uint16"));
  EXPECT_EQ(frames.at("codec"), Json("blosc"));
}

TEST_F(RunForm, BeginsAsTheLineOfTheListing) {
  const auto database = folder_ / "x.db";
  RunWriter writer(database);
  (void)writer.open_run("count");
  const Catalog catalog(database);
  const Json line = to_json(catalog.recent(1).at(0));
  const Json form = run_to_json(catalog.run("-1"));
  ASSERT_GT(form.size(), line.size());
  for (std::size_t i = 0; i < line.size(); ++i) EXPECT_EQ(form.as_object()[i], line.as_object()[i]) << line.as_object()[i].first;
  EXPECT_TRUE(form.at("sample_metadata").is_null());
  EXPECT_EQ(form.at("frames").dump(), "[]");
  writer.close_run();
  writer.close();
}

}  // namespace
}  // namespace resonance::wire
