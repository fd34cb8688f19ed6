#include "wire/json_forms.hpp"

#include <gtest/gtest.h>

namespace resonance::wire {
namespace {

TEST(RunSummaryForm, HasTheNamesThatScriptsRelyOn) {
  RunSummary run;
  run.uid = "0198f3c2a1b27c3d8e4f5a6b7c8d9e0f";
  run.scan_id = 17;
  run.plan_name = "nexafs";
  run.sample = "P3HT";
  run.time_start = 1773517413.25;
  run.time_stop = 1773517500;
  run.exit_status = "success";
  run.num_events = 60;
  run.num_frames = 60;
  run.operator_name = "ada";
  run.tags = {"good"};
  EXPECT_EQ(to_json(run).dump(),
            R"({"uid":"0198f3c2a1b27c3d8e4f5a6b7c8d9e0f","scan_id":17,"plan_name":"nexafs","sample":"P3HT","time_start":1773517413.25,)"
            R"("time_stop":1773517500.0,"exit_status":"success","num_events":60,"num_frames":60,"operator":"ada","tags":["good"]})");
}

TEST(RunSummaryForm, HasTheSameNamesForARunThatIsBeingRecorded) {
  EXPECT_EQ(to_json(RunSummary{}).dump(),
            R"({"uid":"","scan_id":null,"plan_name":"","sample":null,"time_start":0.0,"time_stop":null,"exit_status":null,)"
            R"("num_events":0,"num_frames":0,"operator":null,"tags":[]})");
}

TEST(RunSummaryForm, IsReadableWhenAForeignFileHoldsBytesThatAreNoText) {
  RunSummary run;
  run.plan_name = "sc\xE5n \xC3\xA5";
  run.tags = {"\xFF\xFE"};
  const Json form = Json::parse(to_json(run).dump());
  EXPECT_EQ(form.at("plan_name"), Json("sc\xEF\xBF\xBDn \xC3\xA5"));
  EXPECT_EQ(form.at("tags").as_array()[0], Json("\xEF\xBF\xBD\xEF\xBF\xBD"));
}

TEST(PartsOfARun, KeepTheirJsonAsItWasRecorded) {
  SampleMetadata sample;
  sample.id = 3;
  sample.name = "P3HT";
  sample.extra = Json::object({{"thickness_nm", 100.0}});
  EXPECT_EQ(to_json(sample).dump(),
            R"({"id":3,"name":"P3HT","formula":null,"serial":null,"tags":[],"beamline_pos":null,"extra":{"thickness_nm":100.0}})");

  Event event{.uid = "e", .seq_num = 1, .time = 2.5, .data = Json::object({{"i0", 1e-7}}), .timestamps = Json::object()};
  EXPECT_EQ(to_json(event).dump(), R"({"uid":"e","seq_num":1,"time":2.5,"data":{"i0":1e-07},"timestamps":{}})");

  StreamInfo stream;
  stream.uid = "s";
  stream.name = "primary";
  stream.num_events = 4;
  EXPECT_EQ(to_json(stream).dump(), R"({"name":"primary","data_keys":{},"num_events":4,"uid":"s","time_created":0.0})");
}

TEST(PartsOfARun, GiveTheShapeOfFramesInTheOrderOfTheArray) {
  FrameStoreInfo frames;
  frames.field = "ccd";
  frames.zarr_group = "runs/u/ccd";
  frames.frames = 60;
  frames.height = 512;
  frames.width = 1024;
  frames.codec = "blosc";
  frames.bytes = 4096;
  EXPECT_EQ(to_json(frames).dump(),
            R"({"field":"ccd","zarr_group":"runs/u/ccd","shape":[60,512,1024],"dtype":"uint16","codec":"blosc","bytes":4096})");
}

TEST(TableForm, IsOneObjectARow) {
  Table table;
  table.rows = 2;
  table.columns.push_back({.name = "seq_num", .values = std::vector<std::int64_t>{1, 2}, .valid = {}, .shape = {}, .units = {}, .rows = 2});
  table.columns.push_back({.name = "i0", .values = std::vector<double>{0.5, 0}, .valid = {1, 0}, .shape = {}, .units = "A", .rows = 2});
  EXPECT_EQ(row_to_json(table, 0).dump(), R"({"seq_num":1,"i0":0.5})");
  EXPECT_EQ(to_json(table).dump(), R"([{"seq_num":1,"i0":0.5},{"seq_num":2,"i0":null}])");
  EXPECT_EQ(to_json(Table{}).dump(), "[]");
}

TEST(ReportForms, HaveStableNames) {
  SchemaDescription schema;
  schema.kind = "beamtime";
  schema.user_version = schema.current_version = 2;
  schema.tables.push_back({.name = "runs", .core = true, .columns = {"uid"}, .rows = 5});
  schema.extensions = {{"frames", 1}};
  EXPECT_EQ(to_json(schema).dump(),
            R"({"kind":"beamtime","user_version":2,"current_version":2,"tables":[{"name":"runs","core":true,"columns":["uid"],"rows":5}],)"
            R"("extensions":{"frames":1},"faults":[]})");

  MigrationReport migration;
  migration.to = 2;
  EXPECT_EQ(to_json(migration).dump(), R"({"from":0,"to":2,"steps":[],"backup":null})");
  migration.backup = "x.db.v1.bak";
  EXPECT_EQ(to_json(migration).at("backup"), Json("x.db.v1.bak"));

  ImportReport import;
  import.file = "scan.txt";
  import.format = "bcs";
  EXPECT_EQ(to_json(import).dump(),
            R"({"file":"scan.txt","format":"bcs","run_uid":"","already_there":false,"events":0,"frames":0,"missing_frames":[],)"
            R"("damaged_frames":[],"unsupported_frames":[],"notes":[]})");

  EXPECT_EQ(to_json(BackupReport{.runs = 1, .open_runs = 1, .files = 3, .bytes = 4, .files_copied = 2, .bytes_copied = 1}).dump(),
            R"({"runs":1,"open_runs":1,"files":3,"bytes":4,"files_copied":2,"bytes_copied":1,"num_faults":0,"num_notes":0})");
  BackupCheckReport check;
  check.files = 2;
  EXPECT_THAT(to_json(check).dump(),
              testing::StartsWith(R"({"finished":true,"files":2,"bytes":0,"num_faults":0,"num_notes":0,"beamtime":{"runs":0,)"));
  EXPECT_EQ(to_json(SimulatedEvent{.run_uid = "u", .seq_num = 3, .has_frame = true}).dump(),
            R"({"run":"u","seq_num":3,"acknowledged":true})");
  EXPECT_EQ(to_json(SimulationReport{.run_uids = {"u"}, .events = 2, .frames = 1}).dump(), R"({"run_uids":["u"],"events":2,"frames":1})");
}

TEST(ReportForms, SayNullRatherThanDivideByNothing) {
  BeamtimeStatistics statistics;
  const Json empty = to_json(statistics);
  for (const char* name : {"first_start", "last_stop", "compression", "events_per_second", "frames_per_second"})
    EXPECT_TRUE(empty.at(name).is_null()) << name;

  statistics.events = 100;
  statistics.frame_bytes = 3000;
  statistics.store_bytes = 1000;
  statistics.recording_seconds = 50;
  statistics.first_start = 7;
  EXPECT_EQ(to_json(statistics).at("compression"), Json(3.0));
  EXPECT_EQ(to_json(statistics).at("events_per_second"), Json(2.0));
  EXPECT_EQ(to_json(statistics).at("first_start"), Json(7.0));
}

}  // namespace
}  // namespace resonance::wire
