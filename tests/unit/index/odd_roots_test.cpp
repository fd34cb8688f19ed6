/// Data roots as they are found at three in the morning: swapped files, pipes, damage, other people's changes meanwhile.
#include <sys/stat.h>

#include <fstream>

#include "index_testing.hpp"
#include "resonance/annotations.hpp"

namespace resonance::index_test {
namespace {

class OddRoot : public DataRoot {
 protected:
  std::uint64_t count(std::string_view query = "") { return index().count(query); }
  static std::string bytes_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  /// In place, and with the time of the last change as it was.
  static void overwrite(const fs::path& path, std::string_view bytes) {
    const auto time = fs::last_write_time(path);
    std::fstream(path, std::ios::binary | std::ios::in | std::ios::out).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    fs::last_write_time(path, time);
  }
  void damage_index() {
    for (const char* ending : {"-wal", "-shm"}) fs::remove(root() / (std::string("index.db") + ending));
    overwrite(root() / "index.db", std::string(4096, '\xA5'));
  }
  void execute(const char* sql) { sqlite::Connection(root() / "index.db", sqlite::Access::read_write).execute(sql); }
};

TEST_F(OddRoot, WhatCouldNotBeReadIsTriedAgainThoughTheFileIsAsItWas) {
  record("a.db", {{}, {}});
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  const auto sound = bytes_of(root() / "a.db");
  overwrite(root() / "a.db", std::string(100, 'x'));
  overwrite(root() / "a.db", sound.substr(0, 16));  // the magic bytes, and nonsense behind them
  EXPECT_THAT(sync().faults, SizeIs(1));
  EXPECT_EQ(count(), 0u);
  overwrite(root() / "a.db", sound);
  EXPECT_THAT(sync().faults, IsEmpty());
  EXPECT_EQ(count(), 2u);
}

TEST_F(OddRoot, BeamtimesThatSwapTheirNamesLoseNoRun) {
  record("a.db", {{}, {}});
  record("b.db", {{}, {}, {}});
  sync();
  fs::rename(root() / "a.db", root() / "c");
  fs::rename(root() / "b.db", root() / "a.db");
  fs::rename(root() / "c", root() / "b.db");
  sync();
  EXPECT_EQ(count(), 5u);
  EXPECT_EQ(count("beamtime:a"), 3u);
  EXPECT_THAT(index().verify().differences, IsEmpty());
}

TEST_F(OddRoot, PipesAndLinksAreNoBeamtimes) {
  record("a.db", {{}});
  ASSERT_EQ(::mkfifo((root() / "pipe.db").c_str(), 0600), 0);
  fs::create_symlink("loop.db", root() / "loop.db");
  fs::create_symlink("a.db", root() / "link.db");
  EXPECT_THAT(sync().added, ElementsAre("a.db"));
  EXPECT_THAT(index().verify().faults, IsEmpty());
  EXPECT_TRUE(fails(ErrorCode::invalid_argument, {"is a pipe or a device"}, [&] { Catalog(root() / "pipe.db"); }));
}

TEST_F(OddRoot, ADestroyedBeamtimeIsAFaultAndARebuildKeepsWhatWasKnownOfIt) {
  record("a.db", {{.plan = "nexafs", .tags = {"good"}}, {}});
  record("b.db", {{}});
  sync();
  const auto before = content();
  std::ofstream(root() / "a.db", std::ios::trunc).close();
  const auto verified = index().verify();
  ASSERT_THAT(verified.faults, SizeIs(1));
  EXPECT_EQ(verified.faults.front().db_path, "a.db");
  const auto report = index().rebuild();
  ASSERT_THAT(report.faults, SizeIs(1));
  EXPECT_EQ(report.faults.front().db_path, "a.db");
  EXPECT_EQ(count(), 3u);
  EXPECT_EQ(count("plan:nexafs tag:good energy>289 beamtime:a"), 1u);
  EXPECT_EQ(content(), before);
}

TEST_F(OddRoot, ARebuildSaysWhatOfADamagedIndexIsLost) {
  record("a.db", {{}});
  index().register_researcher({.name = "Ada"});
  damage_index();
  const auto report = index().rebuild();
  EXPECT_EQ(count(), 1u);
  ASSERT_THAT(report.faults, SizeIs(1));
  EXPECT_EQ(report.faults.front().db_path, "index.db");
  EXPECT_THAT(report.faults.front().message,
              testing::AllOf(HasSubstr("researchers"), HasSubstr("must be said again"), HasSubstr(".damaged-")));
}

TEST_F(OddRoot, ADamagedIndexSaysHowItIsMended) {
  damage_index();
  EXPECT_TRUE(fails(ErrorCode::corrupt, {"resonance index rebuild"}, [&] { (void)index().count(""); }));
}

TEST_F(OddRoot, AnIndexThatIsMadeAgainIsTheOneThatIsAsked) {
  record("a.db", {{}});
  sync();
  const auto open = index();
  EXPECT_EQ(open.count(""), 1u);
  for (const char* ending : {"", "-wal", "-shm", "-lock"}) fs::remove(root() / (std::string("index.db") + ending));
  init_data_root(root());
  EXPECT_EQ(open.count(""), 0u);
}

TEST_F(OddRoot, AnotherZoneMovesTheDays) {
  record("a.db", {{.start = kNoon}});
  init_data_root(root(), {.researcher = {}, .zone = "UTC"});
  sync();
  EXPECT_EQ(index().facets({.query = "", .names = {"day"}}).front().values.front().first, "2026-03-14");
  init_data_root(root(), {.researcher = {}, .zone = "Pacific/Kiritimati"});
  EXPECT_EQ(index().facets({.query = "", .names = {"day"}}).front().values.front().first, "2026-03-15");
  EXPECT_EQ(count("on:2026-03-15"), 1u);
  const Catalog catalog(root() / "a.db");
  EXPECT_EQ(count_runs(catalog, "on:2026-03-15"), 1u) << "a beamtime is asked in the zone of its root";
  EXPECT_EQ(count_runs(catalog, FacetOptions{.query = "on:2026-03-15", .zone = "UTC"}), 0u);
  EXPECT_EQ(index().count(FacetOptions{.query = "on:2026-03-15", .zone = "UTC"}), 0u);
  EXPECT_THAT(index().verify().differences, IsEmpty());
}

TEST_F(OddRoot, VerifyFindsTablesThatDisagree) {
  record("a.db", {{.tags = {"good"}}});
  sync();
  const auto differences = [&](const char* harm) {
    execute(harm);
    auto found = index().verify().differences;
    (void)index().rebuild();
    return found;
  };
  EXPECT_THAT(index().verify().differences, IsEmpty());
  for (const char* harm :
       {"DELETE FROM search_tags", "UPDATE search_paths SET folded = 'zzz'", "UPDATE search_names SET folded = 'zzz' WHERE kind = 'plan'",
        "UPDATE search_runs SET day = 0", "UPDATE beamtimes SET time_start = 1", "DROP INDEX idx_search_runs_time",
        "INSERT INTO runs_index SELECT 'ghost', researcher_id, beamtime_id, plan_name, sample_name, time_start, tags FROM runs_index"})
    EXPECT_THAT(differences(harm), testing::Not(IsEmpty())) << harm;
  EXPECT_THAT(index().verify().differences, IsEmpty()) << "a rebuild mends all of it";
}

TEST_F(OddRoot, VerifyDoesNotBlameARunThatIsRecorded) {
  RunWriter writer(root() / "live.db");
  writer.open_run("scan");
  writer.open_stream("primary", Json::object({{"energy", number_key("mono", "eV")}}));
  sync();
  for (int i = 0; i < 3; ++i) writer.write_event("primary", Json::object({{"energy", i}}));
  EXPECT_THAT(index().verify().differences, IsEmpty());
  writer.close_run();
  EXPECT_THAT(index().verify().differences, SizeIs(1));
}

TEST_F(OddRoot, ResearchersHaveAFolderOfTheirOwn) {
  auto master = index();
  fs::create_directories(root() / "Łukasz Ü");
  master.register_researcher({.name = "Łukasz Ü"});
  master.register_researcher({.name = "李明"});
  master.register_researcher({.name = "王芳"});
  master.register_researcher({.name = "Ada", .root_path = "people/ada"});
  master.register_researcher({.name = "Ada", .email = "ada@example.org"});
  init_data_root(root(), {.researcher = "Ada", .zone = {}});
  std::map<std::string, std::string> folders;
  for (const auto& researcher : master.researchers()) folders[researcher.name] = researcher.root_path;
  EXPECT_EQ(folders,
            (std::map<std::string, std::string>{{"Łukasz Ü", "Łukasz Ü"}, {"李明", "李明"}, {"王芳", "王芳"}, {"Ada", "people/ada"}}));
  EXPECT_TRUE(fails(ErrorCode::invalid_argument, {"is that of Ada"},
                    [&] { master.register_researcher({.name = "Eve", .root_path = "people/ada"}); }));
  for (const char* name : {"   ", ".hidden", ".."})
    EXPECT_TRUE(fails(ErrorCode::invalid_argument, {"makes no name of a folder"}, [&] { master.register_researcher({.name = name}); }))
        << name;
}

TEST_F(OddRoot, WhatIsInTheFolderOfANewResearcherIsTheirs) {
  record("Bob/a.db", {{}});
  sync();
  init_data_root(root(), {.researcher = "Bob", .zone = {}});
  EXPECT_EQ(count("researcher:Bob"), 1u);
}

TEST_F(OddRoot, OnlyBeamtimesAreRegistered) {
  std::ofstream(root() / "text.db") << "no database at all, but a text";
  EXPECT_TRUE(fails(ErrorCode::corrupt, {"is no beamtime"}, [&] { index().register_beamtime({.db_path = "text.db"}); }));
  EXPECT_TRUE(fails(ErrorCode::invalid_argument, {"index.db"}, [&] { index().register_beamtime({.db_path = "index.db"}); }));
  record(".scratch/x.db", {{}});
  EXPECT_TRUE(fails(ErrorCode::invalid_argument, {"hidden folder"}, [&] { index().register_beamtime({.db_path = ".scratch/x.db"}); }));
  EXPECT_EQ(find_data_root(root() / ".scratch" / "x.db"), fs::path());
}

TEST_F(OddRoot, ABeamtimeThatMovedAndWasWrittenKeepsWhatWasSaidOfIt) {
  const auto uid = record("x.db", {{}}).front();
  index().register_researcher({.name = "Bob"});
  index().register_beamtime({.db_path = "x.db", .label = "My label", .researcher = "Bob"});
  for (const char* ending : {".db", ".db-lock"}) fs::rename(root() / (std::string("x") + ending), root() / (std::string("y") + ending));
  Annotations(root() / "y.db").add_tags(uid, {{"good"}});
  index().index_run(root() / "y.db", uid);
  sync();
  EXPECT_EQ(count("researcher:Bob tag:good beamtime:\"My label\""), 1u);
}

TEST_F(OddRoot, PagesGoOnBehindARunThatWasDeleted) {
  const auto uids = record("a.db", {{}, {}, {}, {}, {}, {}});
  sync();
  for (const char* sort : {"plan_name", "sample", "-time_start", "scan_id"}) {
    SearchOptions options;
    options.sort = sort;
    options.limit = 3;
    auto first = index().search(options);
    sqlite::Connection connection(root() / "index.db", sqlite::Access::read_write);
    sqlite::Transaction transaction(connection);
    connection.prepare("DELETE FROM runs_index WHERE uid = ?").bind_all(first.runs.back().uid).run();
    transaction.commit();
    options.cursor = first.next;
    EXPECT_THAT(index().search(options).runs, SizeIs(3)) << sort;
    (void)index().rebuild();
  }
}

TEST_F(OddRoot, MoreNamesThanOneStatementTakesAreNoError) {
  std::vector<Given> many;
  for (int i = 0; i < 1100; ++i)
    many.push_back({.sample = "S" + std::to_string(i),
                    .start = kNoon + i,
                    .metadata = Json::object({{"k" + std::to_string(i), Json::object({{"deep", i}})}}),
                    .energies = {}});
  record("many.db", many);
  sync();
  EXPECT_EQ(count("sample:*"), 1100u);
  EXPECT_EQ(count("sample:S1*"), 211u);
  EXPECT_EQ(count("-sample:S1*"), 889u);
  EXPECT_EQ(count("sample!=S5"), 1099u);
  EXPECT_EQ(count("deep>=1000"), 100u);
  EXPECT_EQ(count("plan:nexafs_scan -deep>=1000"), 1000u);
}

TEST_F(OddRoot, QueriesAsDeepAsTheyMayBeAreAnswered) {
  record("a.db", {{.plan = "x"}, {.plan = "y"}});
  sync();
  for (const char* level : {"plan:x (has:tag OR plan:y (", "NOT (plan:x OR (", "NOT NOT ", "(energy>1 OR note:z ("}) {
    std::string query, end;
    const auto depth = static_cast<std::size_t>(std::count(level, level + std::string_view(level).size(), '(')) +
                       (std::string_view(level).find("NOT NOT") == 0 ? 2
                        : std::string_view(level).find("NOT") == 0   ? 1
                                                                     : 0);
    for (std::size_t at = 0; at + depth <= 32; at += depth) {
      query += level;
      end += std::string(static_cast<std::size_t>(std::count(level, level + std::string_view(level).size(), '(')), ')');
    }
    EXPECT_LE(count(query + "plan:y" + end), 2u) << query;
  }
}

TEST_F(OddRoot, DataKeysAreFoundBesideMoreMetadataThanThereIsRoomFor) {
  Json metadata = Json::object();
  for (int i = 0; i < 2500; ++i) metadata.set("key" + std::to_string(i), i);
  record("a.db", {{.metadata = std::move(metadata)}});
  sync();
  EXPECT_EQ(count("data.energy>289"), 1u);
  EXPECT_EQ(count("key7=7"), 1u);
}

}  // namespace
}  // namespace resonance::index_test
