/// Shards that are cut, flipped, without an index or gone, and zarr.json files that are: every frame that is still there is kept.
#include "unit/repair/repair_testing.hpp"

namespace resonance::repair_test {
namespace {

using testing::HasSubstr;

class DamagedFrames : public RepairBeamtime, public testing::WithParamInterface<Codec> {};

INSTANTIATE_TEST_SUITE_P(Codecs, DamagedFrames, testing::Values(Codec::none, Codec::blosc, Codec::zstd, Codec::gzip),
                         [](const auto& found) { return std::string(to_string(found.param)); });

std::set<unsigned> range(unsigned first, unsigned end) {
  std::set<unsigned> out;
  for (auto i = first; i < end; ++i) out.insert(i);
  return out;
}

TEST_P(DamagedFrames, ASoundBeamtimeIsSaidToBeSoAndNothingIsMade) {
  record(GetParam());
  const auto before = state_of(folder.path());
  const auto done = repair();
  EXPECT_TRUE(done.report.sound && done.report.complete());
  EXPECT_TRUE(done.findings.empty()) << done.words();
  EXPECT_EQ(state_of(folder.path()), before);
}

TEST_P(DamagedFrames, AFlippedByteCostsItsFrameAndNoOther) {
  record(GetParam());
  const auto whole = bytes_of(shard(first));
  change_bytes(shard(first), 5 * 2560 + 900, std::string(1, static_cast<char>(whole[5 * 2560 + 900] ^ 0x10)));
  const auto done = repair();
  EXPECT_EQ(done.report.frames_lost, 1) << done.words();
  EXPECT_FALSE(done.report.complete());
  const auto lost = Catalog(repaired).run(first);
  EXPECT_EQ(lost.images("ccd").size(), kEvents - 1);
  EXPECT_EQ(count(repaired, "SELECT count(*) FROM lost_frames"), 1);
  expect_run(second, kEvents);
  expect_untouched(second);
}

TEST_P(DamagedFrames, AnIndexFullOfGarbageIsMadeAnewFromTheBytes) {
  record(GetParam());
  const auto bytes = fs::file_size(shard(first));
  change_bytes(shard(first), bytes - index_bytes(first), std::string(index_bytes(first), 'x'));
  const auto done = repair();
  EXPECT_TRUE(done.report.complete()) << done.words();
  EXPECT_TRUE(done.has(Outcome::mended, "shard"));
  expect_run(first, kEvents);
  expect_untouched(second);
}

TEST_P(DamagedFrames, AShardThatWasCutKeepsItsWholeFrames) {
  record(GetParam());
  const auto per_frame = GetParam() == Codec::none ? 2560 : (fs::file_size(shard(first)) - 255 * 16) / kEvents;
  fs::resize_file(shard(first), 17 * per_frame + 100);
  const auto done = repair();
  EXPECT_GT(done.report.frames_lost, 15) << done.words();
  EXPECT_LT(done.report.frames_lost, 30) << done.words();
  EXPECT_THAT(done.words(), HasSubstr("cut at byte"));
  const auto kept = static_cast<unsigned>(Catalog(repaired).run(first).images("ccd").size());
  expect_run(first, kEvents, range(kept, kEvents));
  expect_run(second, kEvents);
}

TEST_P(DamagedFrames, AShardThatIsGoneCostsItsFramesAndTheEventsStay) {
  record(GetParam());
  fs::remove(shard(first));
  const auto done = repair();
  EXPECT_EQ(done.report.frames_lost, kEvents) << done.words();
  EXPECT_THAT(done.words(), HasSubstr("frames 0 to 39 of ccd are lost"));
  EXPECT_EQ(Catalog(repaired).run(first).summary().num_events, kEvents);
  expect_run(second, kEvents);
  expect_untouched(second);
}

TEST_P(DamagedFrames, OfSeveralShardsTheOthersAreLinked) {
  record(GetParam(), 900);
  ASSERT_TRUE(fs::exists(shard(first, 2)));
  fs::remove(shard(first, 1));
  const auto done = repair();
  EXPECT_GT(done.report.frames_lost, 200);
  EXPECT_TRUE(fs::equivalent(shard(first, 0), new_shard(first, 0)));
  EXPECT_TRUE(fs::equivalent(shard(first, 2), new_shard(first, 2)));
  EXPECT_FALSE(fs::exists(new_shard(first, 1)));
}

TEST_P(DamagedFrames, AZarrJsonThatIsGarbageOrGoneIsMadeAnew) {
  record(GetParam());
  const auto whole = bytes_of(array(first) / "zarr.json");
  std::ofstream(array(first) / "zarr.json") << "{\"zarr_format\": 3, garbage";
  fs::remove(array(second) / "zarr.json");
  const auto done = repair();
  EXPECT_TRUE(done.report.complete()) << done.words();
  EXPECT_EQ(bytes_of(folder / "x.repaired.zarr/runs" / first / "ccd/zarr.json"), whole);
  expect_run(first, kEvents);
  expect_run(second, kEvents);
  EXPECT_TRUE(fs::equivalent(shard(first), new_shard(first)));
}

TEST_P(DamagedFrames, AWrongLengthInZarrJsonIsMadeTrue) {
  record(GetParam());
  auto text = bytes_of(array(first) / "zarr.json");
  text.replace(text.find("    40,\n"), 8, "    4000,\n");
  std::ofstream(array(first) / "zarr.json") << text;
  const auto done = repair();
  EXPECT_TRUE(done.report.complete()) << done.words();
  expect_run(first, kEvents);
}

TEST_P(DamagedFrames, ARowOfFrameStoresThatIsLostOrWrongFollowsFromZarrJson) {
  record(GetParam());
  run_sql(database, "DELETE FROM frame_stores WHERE run_uid = '" + first + "'; UPDATE frame_stores SET chunks_per_shard = 7");
  const auto done = repair();
  EXPECT_TRUE(done.report.complete()) << done.words();
  expect_run(first, kEvents);
  expect_run(second, kEvents);
  EXPECT_EQ(count(repaired, "SELECT count(DISTINCT chunks_per_shard) FROM frame_stores"), 1);
}

TEST_P(DamagedFrames, AReferenceThatIsLostFollowsFromItsNeighbours) {
  record(GetParam());
  run_sql(database, "DELETE FROM image_refs WHERE id IN (5, 6, 7)");
  const auto done = repair();
  EXPECT_TRUE(done.has(Outcome::mended, "reference")) << done.words();
  expect_run(first, kEvents);
}

TEST_P(DamagedFrames, AReferenceToAnotherFrameIsPutRight) {
  record(GetParam());
  run_sql(database, "UPDATE image_refs SET index_in_stack = 0 WHERE id = 2; UPDATE image_refs SET index_in_stack = 70000 WHERE id = 9");
  const auto done = repair();
  EXPECT_EQ(done.report.frames_lost, 0) << done.words();
  expect_run(first, kEvents);
}

TEST_P(DamagedFrames, GeometryThatWasChangedFollowsFromTheArray) {
  record(GetParam());
  run_sql(database, "UPDATE image_refs SET shape_x = 33, dtype = 'uint8' WHERE id = 3; UPDATE frame_stores SET width = 20");
  const auto done = repair();
  EXPECT_TRUE(done.report.complete()) << done.words();
  expect_run(first, kEvents);
  expect_run(second, kEvents);
}

TEST_P(DamagedFrames, SharedChunksAreFoundAgain) {
  record(GetParam(), kEvents, 4);
  const auto bytes = fs::file_size(shard(first));
  change_bytes(shard(first), bytes - index_bytes(first), std::string(index_bytes(first), '\0'));
  const auto done = repair();
  EXPECT_TRUE(done.report.complete()) << done.words();
  expect_run(first, kEvents);
}

TEST_F(RepairBeamtime, FramesWithoutChecksumsAreFoundAgainByTheirOrder) {
  record(Codec::zstd);
  run_sql(database, "DELETE FROM frame_checksums");
  const auto bytes = fs::file_size(shard(first));
  change_bytes(shard(first), bytes - index_bytes(first), std::string(index_bytes(first), 'x'));
  const auto done = repair();
  EXPECT_EQ(done.report.frames_lost, 0) << done.words();
  expect_run(first, kEvents);
}

TEST_F(RepairBeamtime, StrayFilesStayInTheOldStore) {
  record();
  fs::remove(shard(first));
  std::ofstream(array(second) / "zarr.json.1-00000000.partial") << "x";
  fs::create_directories(folder / "x.zarr/runs/0123456789abcdef0123456789abcdef/ccd");
  const auto done = repair();
  EXPECT_TRUE(done.has(Outcome::note, "left_out")) << done.words();
  EXPECT_FALSE(fs::exists(folder / "x.repaired.zarr/runs/0123456789abcdef0123456789abcdef"));
  EXPECT_FALSE(fs::exists(folder / "x.repaired.zarr/runs" / second / "ccd/zarr.json.1-00000000.partial"));
}

TEST_F(RepairBeamtime, WhatLeadsOutOfTheStoreIsNotLinked) {
  record();
  std::ofstream(folder / "secret") << bytes_of(shard(first));
  fs::remove(shard(first));
  fs::create_symlink(folder / "secret", shard(first));
  const auto done = repair();
  EXPECT_EQ(done.report.frames_lost, kEvents) << done.words();
  EXPECT_FALSE(fs::exists(fs::symlink_status(new_shard(first))));
}

}  // namespace
}  // namespace resonance::repair_test
