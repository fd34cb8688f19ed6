// The umbrella header alone, as a program that uses Resonance includes it.
#include <resonance/resonance.hpp>

#include <gtest/gtest.h>

#include "support/temporary_folder.hpp"

namespace resonance {
namespace {

/// A use of each header that once was missing.
[[maybe_unused]] const auto kIndex = &init_data_root;
[[maybe_unused]] const auto kFork = &before_fork;
[[maybe_unused]] const SearchOptions kSearch;

TEST(EventsInBraces, AreDataAndEmptyBracesAnEventWithoutData) {
  const test::TemporaryFolder folder;
  RunWriter writer(folder / "x.db");
  writer.open_run("scan");
  writer.open_stream("primary", Json::object({{"energy", number_key("m", "eV")}, {"i0", number_key("m")}}));
  writer.write_event("primary", {});
  writer.write_event("primary", {{"energy", 280.0}, {"i0", 1.5}});
  writer.write_event("primary", {}, {});
  writer.write_event("primary", {{"energy", 281.0}}, Json::object({{"energy", 5.0}}));
  writer.write_event("primary", Json::object({{"energy", 282.0}}));
  writer.write_event("primary", {.data = Json::object({{"energy", 283.0}}), .time = 7.0, .frames = {}});
  writer.close_run();
  std::vector<Json> found;
  Catalog(folder / "x.db").run("-1").for_each_event("primary", [&](const Event& event) {
    found.push_back(event.data);
    return true;
  });
  ASSERT_EQ(found.size(), 6U);
  EXPECT_EQ(found[0], Json::object());
  EXPECT_EQ(found[1], Json::object({{"energy", 280.0}, {"i0", 1.5}}));
  EXPECT_EQ(found[2], Json::object());
  EXPECT_EQ(found[5], Json::object({{"energy", 283.0}}));
}

}  // namespace
}  // namespace resonance
