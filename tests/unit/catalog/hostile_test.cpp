/// Files that are no beamtimes, old ones, and ones whose contents nobody should trust. Reading never writes.
#include <limits>

#include "unit/record/record_testing.hpp"

namespace resonance {
namespace {

using namespace record_test;

void run_sql(const fs::path& database, const std::string& sql) {
  sqlite::Connection connection(database, sqlite::Access::read_write);
  connection.execute("PRAGMA foreign_keys = OFF");
  connection.execute(sql);
}

/// One closed run with two events and frames.
void make_beamtime(const fs::path& database) {
  RunWriter writer(database);
  RunOptions options;
  options.uid = "0123456789abcdef0123456789abcdef";
  options.sample.emplace();
  options.sample->name = "s";
  writer.open_run("count", options);
  writer.open_stream("primary", usual_keys());
  for (unsigned i = 0; i < 2; ++i) {
    const auto frame = make_frame(i);
    writer.write_event("primary", event_with(x_is(i), {{"ccd", &frame}}));
  }
  writer.close_run();
}

TEST(CatalogPlaces, EachWrongFileIsSaidInItsOwnWords) {
  const TemporaryFolder folder;
  const auto open = [&](const char* name) { return said([&] { const Catalog catalog(folder / name); }); };
  EXPECT_THAT(open("missing.db"), refusal(ErrorCode::not_found, "there is no file"));
  EXPECT_FALSE(fs::exists(folder / "missing.db"));
  fs::create_directory(folder / "folder.db");
  EXPECT_THAT(open("folder.db"), refusal(ErrorCode::invalid_argument, "is a folder"));
  std::ofstream(folder / "text.db") << "This is a text of more than sixteen bytes, and no database.\n";
  EXPECT_THAT(open("text.db"), refusal(ErrorCode::corrupt, "text.db"));
  std::ofstream(folder / "empty.db").close();
  EXPECT_THAT(open("empty.db"), refusal(ErrorCode::corrupt, "is no beamtime: it has no table samples"));
  {
    sqlite::Connection index(folder / "index.db", sqlite::Access::create);
    create_index_schema(index.handle());
  }
  EXPECT_THAT(open("index.db"), refusal(ErrorCode::corrupt, "is no beamtime"));
  make_beamtime(folder / "newer.db");
  run_sql(folder / "newer.db", "PRAGMA user_version = 7");
  EXPECT_THAT(open("newer.db"), refusal(ErrorCode::unsupported, "has schema version 7, this Resonance knows 2; use a newer one"));
}

TEST(Version1, IsReadAndStaysVersion1) {
  const TemporaryFolder folder;
  const auto database = folder / "x.db";
  {
    sqlite::Connection connection(database, sqlite::Access::create);
    migrate_beamtime_schema(connection.handle(), 1);
    ASSERT_EQ(connection.user_version(), 1);
    connection.execute(R"(
      INSERT INTO samples(name, tags) VALUES('old', '["a", 2]');
      INSERT INTO runs VALUES('aa00', 1, 'scan', 10.5, 20.5, 'success', 2, NULL, '{"scan_id": 17}');
      INSERT INTO streams VALUES('s', 'aa00', 'primary', '{"x": {"dtype": "number", "units": "mm"}}', 11);
      INSERT INTO events VALUES('e1', 's', 1, 12, '{"x": 1}', NULL), ('e2', 's', 2, 13, '{"x": NaN, "extra": "t"}', '{}');
      INSERT INTO image_refs(event_uid, field_name, zarr_group, index_in_stack, shape_x, shape_y, dtype)
        VALUES('e2', 'detector_image', 'runs/aa00/detector_image', 0, 4, 5, 'uint16');)");
  }
  const auto before = contents(folder.path());
  {
    const Catalog catalog(database);
    const auto run = catalog.run("17");
    EXPECT_EQ(run.uid(), "aa00");
    EXPECT_EQ(run.summary().scan_id, 17);
    EXPECT_EQ(run.summary().num_frames, 1);
    EXPECT_EQ(run.sample()->tags, (std::vector<std::string>{"a", "2"}));
    EXPECT_FALSE(run.reason());
    EXPECT_EQ(run.table()["x"].units, "mm");
    EXPECT_EQ(run.table()["extra"].at(1), Json("t"));
    EXPECT_EQ(run.frame_stores().at(0).codec, "unknown");  // no column, no store
    EXPECT_EQ(run.images().shape(), (std::array<std::uint64_t, 3>{1, 4, 5}));
    RunQuery tagged;
    tagged.tag = "any";
    EXPECT_TRUE(catalog.find(tagged).empty());
    EXPECT_EQ(beamtime_statistics(database).frame_bytes, 40);
  }
  EXPECT_EQ(contents(folder.path()), before);
}

void read_everything(const fs::path& database) {
  const Catalog catalog(database);
  const auto run = catalog.run("-1");
  EXPECT_EQ(run.table().rows, 2);
  EXPECT_EQ(run.images("ccd")[1].bytes, make_frame(1).bytes);
  (void)run.frame_stores();
  (void)beamtime_statistics(database);
}

TEST(Reading, ChangesNoByteAndLeavesNoFile) {
  const TemporaryFolder folder;
  make_beamtime(folder / "x.db");
  const auto before = contents(folder.path());
  read_everything(folder / "x.db");
  EXPECT_EQ(contents(folder.path()), before);
}

TEST(Reading, ChangesNoByteOfABeamtimeInLogMode) {
  const TemporaryFolder folder;
  make_beamtime(folder / "x.db");
  sqlite::Connection(folder / "x.db", sqlite::Access::read_write).use_write_ahead_log();
  for (const char* suffix : {"-wal", "-shm"}) fs::remove((folder / "x.db").string() + suffix);
  const auto before = contents(folder.path());
  read_everything(folder / "x.db");
  const auto after = contents(folder.path());  // SQLite's own side files may be new
  for (const auto& [name, bytes] : before) EXPECT_EQ(after.at(name), bytes) << name;
}

/// What one change by hand does to one thing that people do.
struct Damage {
  const char* name;
  const char* sql;
  std::function<void(const Run&)> act;
  ErrorCode code;
  const char* words;
};
void PrintTo(const Damage& damage, std::ostream* out) { *out << damage.name; }

const auto kTable = [](const Run& run) { (void)run.table(); };
const auto kFrame = [](const Run& run) { (void)run.images("ccd")[1]; };

class HostileDatabase : public testing::TestWithParam<Damage> {};
INSTANTIATE_TEST_SUITE_P(
    Damages, HostileDatabase,
    testing::Values(
        Damage{"MetadataNoJson", "UPDATE runs SET metadata = '{\"scan_id\": '", [](const Run& run) { (void)run.metadata(); },
               ErrorCode::corrupt, "reading the metadata of run 0123456789abcdef0123456789abcdef"},
        Damage{"MetadataNoObject", "UPDATE runs SET metadata = '[1]'", [](const Run& run) { (void)run.metadata(); }, ErrorCode::corrupt,
               "no JSON object"},
        Damage{"DataNoObject", "UPDATE events SET data = '[1]' WHERE seq_num = 2", kTable, ErrorCode::corrupt,
               "reading the data of event 2 of stream 'primary' of run 0123456789abcdef0123456789abcdef"},
        Damage{"DataNoJson", "UPDATE events SET data = x'00ff' WHERE seq_num = 2", kTable, ErrorCode::corrupt, "event 2"},
        Damage{"DataTooDeep", "UPDATE events SET data = replace(hex(zeroblob(100000)), '0', '[')", kTable, ErrorCode::corrupt, "event 1"},
        Damage{"TimestampsNoJson", "UPDATE events SET timestamps = 'x'",
               [](const Run& run) { run.for_each_event("primary", [](const Event&) { return true; }); }, ErrorCode::corrupt,
               "reading the timestamps of event 1"},
        Damage{"DataKeysNoJson", "UPDATE streams SET data_keys = 'x'", kTable, ErrorCode::corrupt, "the data keys of stream 'primary'"},
        Damage{"SampleTagsNoJson", "UPDATE samples SET tags = 'x'", [](const Run& run) { (void)run.sample(); }, ErrorCode::corrupt,
               "the tags of sample 's'"},
        Damage{"GroupUp", "UPDATE image_refs SET zarr_group = '../../etc'", kFrame, ErrorCode::corrupt, "leads out of the store"},
        Damage{"GroupAbsolute", "UPDATE image_refs SET zarr_group = '/etc'", kFrame, ErrorCode::corrupt, "leads out of the store"},
        Damage{"GroupEmpty", "UPDATE image_refs SET zarr_group = ''", kFrame, ErrorCode::corrupt, "leads out of the store"},
        Damage{"GroupElsewhere", "UPDATE image_refs SET zarr_group = 'runs/none/ccd'", kFrame, ErrorCode::not_found, "runs/none/ccd"},
        Damage{"GroupOfGroup", "UPDATE image_refs SET zarr_group = 'runs'", kFrame, ErrorCode::corrupt, "zarr.json"},
        Damage{"ShapeHuge", "UPDATE image_refs SET shape_x = 9223372036854775807, shape_y = 9223372036854775807", kFrame,
               ErrorCode::corrupt, "holds frames of 6x10 uint16, but image_refs says"},
        Damage{"ShapeNegative", "UPDATE image_refs SET shape_x = -6", kFrame, ErrorCode::corrupt, "holds frames of 6x10 uint16"},
        Damage{"ShapesDiffer", "UPDATE image_refs SET shape_x = 7 WHERE id = 2", kFrame, ErrorCode::corrupt, "two geometries"},
        Damage{"ShapeText", "UPDATE image_refs SET shape_x = 'six'", kFrame, ErrorCode::corrupt, "but image_refs says 0x10"},
        Damage{"DtypeUnknown", "UPDATE image_refs SET dtype = 'complex64'", kFrame, ErrorCode::unsupported, "'complex64'"},
        Damage{"DtypeOther", "UPDATE image_refs SET dtype = 'float64'", kFrame, ErrorCode::corrupt, "but image_refs says 6x10 float64"},
        Damage{"IndexNegative", "UPDATE image_refs SET index_in_stack = -1 WHERE id = 2", kFrame, ErrorCode::corrupt,
               "image_refs names frame -1 of runs/0123456789abcdef0123456789abcdef/ccd"},
        Damage{"IndexPastTheEnd", "UPDATE image_refs SET index_in_stack = 5000 WHERE id = 2", kFrame, ErrorCode::corrupt, "lost"},
        Damage{"IndexHuge", "UPDATE image_refs SET index_in_stack = 9223372036854775807 WHERE id = 2", kFrame, ErrorCode::corrupt, "lost"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST_P(HostileDatabase, GivesAnErrorThatSaysWhatAndTheListingStaysWhole) {
  const TemporaryFolder folder;
  const auto database = folder / "x.db";
  make_beamtime(database);
  run_sql(database, GetParam().sql);
  const Catalog catalog(database);
  ASSERT_EQ(catalog.recent().size(), 1);
  const auto run = catalog.run("-1");
  EXPECT_THAT(said([&] { GetParam().act(run); }), refusal(GetParam().code, GetParam().words));
  // Nothing else of it crashes either.
  (void)said([&] { (void)run.frame_stores(); });
  (void)said([&] { (void)run.table(); });
  (void)said([&] { (void)beamtime_statistics(database); });
  const auto words = said([&] {
    const auto images = run.images("ccd");
    (void)images.mappable();
    (void)images.shape();
    std::vector<std::byte> out(240);
    images.read(0, 2, out);
  });
  (void)words;
}

TEST(HostileNumbers, BecomeSaneOnes) {
  const TemporaryFolder folder;
  const auto database = folder / "x.db";
  make_beamtime(database);
  run_sql(database,
          "UPDATE runs SET num_events = -5, time_stop = 'never', operator = 3; UPDATE run_details SET num_frames = -1, scan_id = 'x';"
          "UPDATE events SET seq_num = 9223372036854775807 WHERE seq_num = 2; UPDATE events SET seq_num = -3 WHERE seq_num = 1;"
          "UPDATE image_refs SET shape_x = 9223372036854775807, shape_y = 9223372036854775807;");
  const Catalog catalog(database);
  const auto summary = catalog.run("-1").summary();
  EXPECT_EQ(summary.num_events, 0);
  EXPECT_EQ(summary.num_frames, 0);
  EXPECT_EQ(catalog.run("-1").table()["seq_num"].at(0), Json(std::numeric_limits<std::int64_t>::max()));
  EXPECT_EQ(beamtime_statistics(database).frames, 2);
}

TEST(HostileSchema, TablesOfOtherShapeAreErrorsAndViewsAreNotRun) {
  const TemporaryFolder folder;
  const auto database = folder / "x.db";
  make_beamtime(database);
  run_sql(database, "ALTER TABLE runs RENAME COLUMN plan_name TO name");
  EXPECT_THAT(said([&] { (void)Catalog(database).recent(); }), refusal(ErrorCode::corrupt, "x.db"));
  make_beamtime(folder / "y.db");
  run_sql(folder / "y.db", "DROP TABLE run_tags");  // side tables are not needed
  EXPECT_EQ(Catalog(folder / "y.db").recent().size(), 1);
}

}  // namespace
}  // namespace resonance
